"""Diff pictures: both graphs in one drawing, with what was added, removed and changed told apart."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

import archspec
from archspec.cli import main
from archspec.diagrams import THEMES, compare
from archspec.diagrams.view import INPUT, OUTPUT, plain

EDITS = ["graph.pos_embed=null", "graph.pool=null", "graph.mean={block: mean_pool, before: norm}", "params.depth=10",
         "graph.blocks.attention={block: talking_heads_attention, heads: 3}"]  # fmt: skip
PAIRS = [
    ("cvt_13", "cvt_21"),
    ("deit_tiny_patch16_224", "deit_tiny_distilled_patch16_224"),
    ("vit_tiny_patch16_224", "pit_ti_224"),
]


def statuses(svg: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {"added": set(), "removed": set(), "changed": set()}
    for group in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}g"):
        if not group.get("data-path"):
            continue
        for status in found.keys() & set((group.get("class") or "").split()):
            found[status].add(str(group.get("data-path")))
            assert [part.get("class") for part in group][-3:] == ["mark", "badge", "sign"]
    return found


def test_an_edit_is_told() -> None:
    a = archspec.load("vit_tiny_patch16_224")
    b = archspec.load("vit_tiny_patch16_224", overrides=EDITS)
    svg = compare(archspec.diff(a, b), depth=0).svg
    assert statuses(svg) == {"added": {"mean"}, "removed": {"pos_embed", "pool"}, "changed": {"blocks"}}
    words = " ".join(re.findall(r"<text[^>]*>(.*?)</text>", svg))
    assert "repeat: 12 → 10" not in words and "repeat 12 → 10" in words
    assert "attention self_attention → talking_heads_attention" in words
    assert statuses(compare(archspec.diff(a, b), expand=["blocks"], depth=0).svg)["changed"] == {
        "blocks",
        "blocks.0.attn",
    }
    assert not any(statuses(compare(archspec.diff(a, a), depth="all").svg).values())


@pytest.mark.parametrize("depth", [0, 1, 2, "all"])
@pytest.mark.parametrize(("one", "other"), [*PAIRS, *(pair[::-1] for pair in PAIRS)])
def test_every_node_of_both_is_there_once(one: str, other: str, depth: int | str) -> None:
    a, b = archspec.load(one), archspec.load(other)
    picture = compare(archspec.diff(a, b), depth=depth)
    drawn = [box for _, box in picture.level.walk() if box.role not in (INPUT, OUTPUT)]
    paths = [plain(box.path) for box in drawn]
    assert len(set(paths)) == len(paths)
    deep = 1000 if depth == "all" else int(depth)
    ours = {plain(path) for path, _ in b.walk() if plain(path).count(".") <= deep}
    theirs = {plain(path) for path, _ in a.walk() if plain(path).count(".") <= deep}
    assert {path for path, box in zip(paths, drawn, strict=True) if box.status != "removed"} == ours
    gone = {path for path, box in zip(paths, drawn, strict=True) if box.status == "removed"}
    assert gone <= theirs - ours
    assert all(any(f"{path}.".startswith(f"{top}.") for top in gone) or path.rpartition(".")[0] in ours
               for path in theirs - ours)  # fmt: skip
    for box in drawn:
        if box.status == "added":
            assert plain(box.path) not in theirs


@pytest.mark.parametrize("theme", THEMES)
def test_the_command_draws_it(theme: str, tmp_path: Path) -> None:
    for suffix, start in (
        ("svg", b"<svg"),
        ("png", b"\x89PNG"),
        ("pdf", b"%PDF"),
        ("html", b"<!doctype"),
        ("md", b"## cvt_13"),
        ("txt", b"cvt_13"),
    ):
        file = tmp_path / f"diff.{suffix}"
        assert main(["diff", "cvt_13", "cvt_21", "--depth", "0", "--theme", theme, "-o", str(file)]) == 1
        assert file.read_bytes().startswith(start)
    assert re.search(r"archspec-\w+ \.added", (tmp_path / "diff.svg").read_text(encoding="utf-8"))
    if theme == "auto":
        assert (tmp_path / "diff.svg").read_text(encoding="utf-8").count(">.badge{") == 6
    assert main(["diff", "cvt_13", "cvt_21", "--format", "svg", "--expand", "nothing"]) == 1
