"""Figures for papers: one composite alone, as wide as a column lets it be, in letters that can be read."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pypdf
import pytest

import archspec
from archspec.cli import main
from archspec.diagrams import FORMATS, RenderError, compare
from archspec.diagrams.view import flows, plain
from tests.diagrams.test_render import DEPTHS, SPECS, name, read, shaped

CVT = next(file for file in SPECS if file.stem == "cvt")
MM = 72 / 25.4


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("file", SPECS, ids=name)
def test_a_root_is_drawn_as_it_is_in_the_whole(file: Path, depth: int | str) -> None:
    graph = shaped(file)
    roots = sorted({plain(path) for path, node in graph.walk() if node.body})
    for root in roots[:: max(1, len(roots) // 4)]:
        deep = 1000 if depth == "all" else int(depth) + root.count(".") + 1
        inside = [box for _, box in archspec.render(graph, depth=deep, expand=[root]).level.walk()
                  if plain(box.path).startswith((f"{root}.", f"{root}<", f"{root}>"))]  # fmt: skip
        alone = [box for _, box in archspec.render(graph, root=root, depth=depth).level.walk()]
        assert {box.path for box in alone} <= {box.path for box in inside}
        deepest = 1000 if depth == "all" else root.count(".") + 1 + int(depth)
        wanted = [  # of repetitions that differ, one is drawn
            {plain(path) for path, _ in graph.walk()
             if path.startswith(f"{one}.") and plain(path) != root and plain(path).count(".") <= deepest}
            for one, node in graph.walk() if node.body and plain(one) == root
        ]  # fmt: skip
        assert {plain(box.path) for box in alone if "<" not in box.path and ">" not in box.path} in wanted


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_draws_a_root(format: str) -> None:
    whole, part = (archspec.render(shaped(CVT), root=root).bytes(format) for root in (None, "stage3.layers.attn"))
    assert part and part != whole


@pytest.mark.parametrize(
    ("root", "message"), [("stage4", "there is no node stage4"), ("norm", "norm is one op, with nothing inside")]
)
def test_a_root_is_a_composite(root: str, message: str) -> None:
    with pytest.raises(RenderError, match=message):
        archspec.render(shaped(CVT), root=root)


def test_a_root_of_one_graph_alone_is_no_comparison() -> None:
    a, b = archspec.load("vit_tiny_patch16_224"), archspec.load("cvt_13")
    with pytest.raises(RenderError, match="only one of the two has a node stage1"):
        assert compare(archspec.diff(a, b), root="stage1").level


@pytest.mark.parametrize("theme", ["light", "paper"])
@pytest.mark.parametrize(("width", "points"), [("85mm", 85 * MM), ("8.5cm", 85 * MM), ("3in", 216.0), ("240pt", 240.0),
                                               ("columnwidth", 85 * MM), ("textwidth", 178 * MM)])  # fmt: skip
def test_a_figure_is_no_larger_than_its_room(width: str, points: float, theme: str) -> None:
    for file in SPECS:
        picture = archspec.render(shaped(file), depth=0, width=width, height="200mm", theme=theme)
        figure = picture.figure
        page = pypdf.PdfReader(io.BytesIO(picture.bytes("pdf"))).pages[0]
        assert float(page.mediabox.width) == pytest.approx(figure.width * figure.unit, abs=0.01)
        assert float(page.mediabox.width) <= points + 0.01 and float(page.mediabox.height) <= 200 * MM + 0.01
        attribute = re.search(r'width="([\d.]+)pt" height="([\d.]+)pt"', picture.svg)
        assert attribute and float(attribute[1]) == pytest.approx(figure.width * figure.unit, abs=0.01)
        sizes = [text.size * figure.unit for text in figure.words() if text.kind != "bold"]
        assert max(sizes) <= 10.01


def test_letters_are_as_large_as_is_asked_or_nothing_is_drawn() -> None:
    small = archspec.render(shaped(CVT), depth=0, width="85mm", min_font="5pt", theme="paper").figure
    assert min(text.size * small.unit for text in small.words()) >= 5
    with pytest.raises(RenderError, match=r"its smallest letters would be \d\.\dpt, less than 7pt") as caught:
        archspec.render(shaped(CVT), depth="all", width="85mm", height="200mm", min_font="7pt").bytes("svg")
    assert "--root" in str(caught.value.help)


@pytest.mark.parametrize("length", ["85", "mm", "-3mm", "0mm", "1e9mm", "85px", "columnwidths"])
def test_a_length_has_a_unit(length: str) -> None:
    with pytest.raises(RenderError, match=r"width takes a length such as 85mm, got"):
        archspec.render(shaped(CVT), width=length)


def test_the_picture_itself_does_not_depend_on_its_size_in_print() -> None:
    options: dict[str, Any] = {"depth": 0}
    free, fixed = archspec.render(shaped(CVT), **options), archspec.render(shaped(CVT), width="85mm", **options)
    assert read(free.svg).edges == read(re.sub(r'([\d.]+)pt"', r'\1"', fixed.svg)).edges
    assert free.bytes("png") == fixed.bytes("png")


def test_a_record_keeps_root_and_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["--root", "stage3.layers", "--width", "85mm", "--min-font", "4pt", "--theme", "paper"]
    assert main(["render", "cvt_13", *words, "-o", "part.svg"]) == 0
    assert "--root stage3.layers --width 85mm --min-font 4pt" in Path("part.svg").read_text(encoding="utf-8")
    assert main(["render", "--check", "part.svg"]) == 0


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("file", SPECS, ids=name)
def test_what_is_hidden_leaves_no_trace_but_a_wire(file: Path, depth: int | str) -> None:
    """Everything else is drawn as before, and reads what the hidden boxes read."""
    graph = shaped(file)
    hide = {node.block.word for _, node in graph.walk()} & {"drop_path", "dropout", "to_tokens", "to_image"}
    before, after = (
        archspec.render(graph, depth=depth, hide=words).level for words in ((), [",".join(hide)] if hide else ())
    )
    hidden = {box.path for _, box in before.walk() if box.node and box.node.block.word in hide}
    assert {box.path for _, box in after.walk()} == {box.path for _, box in before.walk()} - hidden
    old, new = ({(flow.target, flow.into): flow for flow in flows(level)} for level in (before, after))
    for end, flow in new.items():
        source = old[end]
        while source.source in hidden:
            source = old[source.source, 0]
        assert (flow.source, flow.out) == (source.source, source.out)
    assert set(new) == {end for end in old if end[0] not in hidden}


def test_only_what_is_there_is_hidden() -> None:
    with pytest.raises(RenderError, match="there is no block or role drop_pat to hide") as caught:
        archspec.render(shaped(CVT), hide=["drop_pat"])
    assert "drop_path" in str(caught.value.help)


def test_a_composite_of_which_nothing_is_left_is_closed() -> None:
    file = next(file for file in SPECS if file.stem == "t2t_vit" and file.parent.name == "specs")
    boxes = {box.path: box for _, box in archspec.render(shaped(file), hide=["layout"]).level.walk()}
    assert boxes["unfold1"].inner is None and boxes["mix1"].inner is not None
