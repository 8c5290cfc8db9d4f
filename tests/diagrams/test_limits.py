"""Large and strange specs are drawn in bounded time, and what a picture says of itself leads nowhere else."""

from __future__ import annotations

import os
import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from pathlib import Path

import pytest

import archspec
from archspec.cli import main
from archspec.diagrams import FORMATS
from archspec.diagrams.layout import Edge, Effort, Gaps, Vertex, layout
from archspec.diagrams.look import balance, width, wrap
from tests.support.attack import trial
from tests.support.attack.bombs import BOMBS
from tests.support.work import soon

TINY = "archspec: 1\nname: a\ninputs: {x: {features: 4}}\ngraph: {a: {block: linear, features: 4}}\noutputs: {y: a}\n"


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("name", ["long title", "long word", "parallel", "dense", "chain drawn", "records"])
def test_bombs_are_drawn_or_refused_in_two_seconds(name: str, tmp_path: Path) -> None:
    make, size = BOMBS[name]
    assert soon(lambda: trial.thrown(make(size), tmp_path)) in (0, 1)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("text", ["x" * 200_000, "\u0301" * 200_000, "中" * 100_000, " " * 200_000, "a " * 100_000])
def test_text_is_wrapped_in_linear_time(text: str) -> None:
    assert soon(lambda: "".join(balance(text, 14, "Inter-Regular", 200)).replace(" ", "") == text.replace(" ", ""))


def test_a_line_is_as_full_as_it_can_be() -> None:
    lines = wrap("abcdefghij" * 20, 14, "Inter-Regular", 100)
    for line, following in pairwise(lines):
        fits = width(line, 14, "Inter-Regular") <= 100 < width(line + following[0], 14, "Inter-Regular")
        assert fits


def test_the_work_of_a_picture_is_counted() -> None:
    vertices = [Vertex(f"v{place}", 10, 5, 5, ins=[0.0] * 40, outs=[0.0]) for place in range(40)]
    edges = [Edge(f"v{a}", 0, f"v{b}", a) for b in range(40) for a in range(b)]
    effort = Effort()
    layout(vertices, edges, Gaps(), effort)
    assert Effort().pieces - effort.pieces == sum(b - a for b in range(40) for a in range(b))
    with pytest.raises(archspec.RuleError, match="too many and too long"):
        layout(vertices, edges, Gaps(), Effort(pieces=100))
    layout(vertices, edges, Gaps(), Effort(steps=0))


@pytest.mark.parametrize("format", [format for format in FORMATS if format not in ("png", "pdf")])
def test_control_characters_are_drawn_as_escapes(format: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(TINY, encoding="utf-8")
    title = "a\x1b[31m b\x00 c\x9b d\x7f e\ufffe f\ud800 g\u202e"
    data = archspec.render(archspec.load(tmp_path / "a.yaml"), title=title, caption=title).bytes(format).decode()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\u202e]", data)
    if format == "svg":
        assert "\\x1b[31m" in (ElementTree.fromstring(data).findtext("{*}title") or "")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with pictures, and a secret outside."""
    for folder in ("work/docs/deep", "secret/in"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "secret/in/a.yaml").write_text("password: 1234\n", encoding="utf-8")
    (tmp_path / "work/a.yaml").write_text(TINY, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def picture(path: str, record: str) -> None:
    Path(path).write_text(f"<svg><metadata>archspec render {record}</metadata>\n</svg>", encoding="utf-8")


@pytest.mark.parametrize(
    "record", ["../../secret/in/a.yaml", "{}/secret/in/a.yaml", "link.yaml", "child.yaml", "~/a.yaml"]
)
def test_a_picture_makes_nobody_read_outside_its_tree(
    record: str, tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("docs/link.yaml").symlink_to(tree / "secret/in/a.yaml")
    Path("docs/child.yaml").write_text("archspec: 1\nname: child\nextends: link.yaml\n", encoding="utf-8")
    picture("docs/x.svg", record.format(tree))
    assert main(["render", "--check", "docs"]) == 1
    output = "".join(capsys.readouterr())
    assert "password" not in output and "1234" not in output
    assert "outside of its tree" in output or record.startswith("~")


def test_a_picture_is_drawn_from_its_tree(tree: Path) -> None:
    assert main(["render", "a.yaml", "-o", "docs/deep/x.svg"]) == 0
    assert main(["render", "cvt_13", "-o", "docs/deep/y.svg"]) == 0
    assert main(["render", "--check", "docs"]) == 0
    assert main(["render", "a.yaml", "-o", "docs/z.svg"]) == 0
    assert main(["render", "--check", str(tree / "work/docs/z.svg")]) == 0


def test_links_and_pipes_are_no_pictures_of_a_folder(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture(str(tree / "secret/x.svg"), "a.yaml")
    Path("docs/x.svg").symlink_to(tree / "secret/x.svg")
    os.mkfifo("docs/pipe.svg")
    assert main(["render", "a.yaml", "-o", "docs/y.svg"]) == 0
    assert main(["render", "docs"]) == 0
    assert main(["render", "--check", "docs"]) == 0
    assert capsys.readouterr().out == "1 picture: fine\n"
