"""Pictures: every node and wire is there once, in its place, with words that fit, the same on every machine."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from fontTools.ttLib import TTFont

import archspec
from archspec.diagrams.look import FONTS, THEMES
from archspec.diagrams.view import plain
from archspec.graph import Block, Graph, Node, Ref, Tokens, infer
from archspec.language import graph_of, open_spec, packaged_specs
from archspec.language.words import Vocabulary

SPECS = packaged_specs()
VARIANTS = [(file, variant) for file in SPECS for variant in open_spec(file).variants or (None,)]
DEPTHS = (0, 1, 2, "all")
NAME = "{http://www.w3.org/2000/svg}"


def name(case: object) -> str:
    return case.stem if isinstance(case, Path) else str(case)


@cache
def shaped(file: Path, variant: str | None = None) -> Graph:
    return graph_of(open_spec(file), variant)


@dataclass
class Rect:
    x: float
    y: float
    w: float
    h: float

    def meets(self, other: Rect) -> bool:
        return (
            self.x < other.x + other.w - 0.01
            and other.x < self.x + self.w - 0.01
            and self.y < other.y + other.h - 0.01
            and other.y < self.y + self.h - 0.01
        )

    def holds(self, other: Rect) -> bool:
        return (
            self.x <= other.x + 0.01
            and self.y <= other.y + 0.01
            and other.x + other.w <= self.x + self.w + 0.01
            and other.y + other.h <= self.y + self.h + 0.01
        )


@dataclass
class Words(Rect):
    text: str = ""


@dataclass
class Item(Rect):
    path: str = ""
    words: list[Words] = field(default_factory=list)
    outer: Rect | None = None


@dataclass
class Page:
    """An SVG, read back."""

    width: float
    height: float
    nodes: list[Item]
    frames: list[Item]
    edges: list[tuple[str, str, list[tuple[float, float]]]]
    words: list[Words]


@cache
def font(face: str) -> tuple[dict[int, str], dict[str, tuple[int, int]], int, int, int]:
    made = TTFont(FONTS / f"{face}.ttf")
    return (
        made.getBestCmap(),
        made["hmtx"].metrics,
        made["head"].unitsPerEm,
        made["OS/2"].sCapHeight,
        made["hhea"].descent,
    )


def read(text: str, theme: str = "light") -> Page:
    root = ElementTree.fromstring(text)
    look = THEMES[theme]

    def words(element: ElementTree.Element) -> Words:
        size, x, y = (float(element.get(key, "")) for key in ("font-size", "x", "y"))
        glyphs, metrics, em, cap, descent = font(look.bold if element.get("class") == "bold" else look.regular)
        said = element.text or ""
        wide = sum(metrics[glyphs[ord(char)]][0] for char in said) * size / em
        x -= {"start": 0.0, "middle": wide / 2, "end": wide}[element.get("text-anchor", "")]
        return Words(x, y - cap * size / em, wide, (cap - descent) * size / em, said)

    def rect(element: ElementTree.Element) -> Rect:
        if element.tag == f"{NAME}circle":
            cx, cy, r = (float(element.get(key, "")) for key in ("cx", "cy", "r"))
            return Rect(cx - r, cy - r, 2 * r, 2 * r)
        return Rect(*(float(element.get(key, "")) for key in ("x", "y", "width", "height")))

    def item(group: ElementTree.Element) -> Item:
        rects = [rect(part) for part in group if part.tag in (f"{NAME}rect", f"{NAME}circle")]
        box, path = rects[-1], group.get("data-path", "")
        assert group.get("id") == path
        return Item(box.x, box.y, box.w, box.h, path, [words(part) for part in group if part.tag == f"{NAME}text"])

    def points(group: ElementTree.Element) -> list[tuple[float, float]]:
        path = next(part for part in group if (part.get("class") or "").startswith("wire")).get("d", "")
        path = re.sub(r"L\S+ \S+?Q(\S+ \S+) \S+ [^LQ]+", r"L\1", path)
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", path)]
        return list(zip(numbers[::2], numbers[1::2], strict=True))

    groups = [group for group in root if group.tag == f"{NAME}g"]
    return Page(
        float(root.get("width", "")),
        float(root.get("height", "")),
        [item(group) for group in groups if group.get("class") == "node"],
        [item(group) for group in groups if group.get("class") == "composite"],
        [(g.get("data-from", ""), g.get("data-to", ""), points(g)) for g in groups if g.get("class") == "edge"],
        [words(part) for part in root if part.tag == f"{NAME}text"],
    )


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize(("file", "variant"), VARIANTS, ids=name)
def test_every_node_and_wire_is_drawn_once(file: Path, variant: str | None, depth: int | str) -> None:
    graph = shaped(file, variant)
    page = read(archspec.render(graph, depth=depth).svg)
    shown = Counter(item.path for item in (*page.nodes, *page.frames) if not item.path.startswith("outputs."))
    deep = 1000 if depth == "all" else int(depth)
    wanted = {plain(path) for path, _ in graph.walk() if plain(path).count(".") <= deep} | set(graph.inputs)
    assert {plain(path) for path in shown} == wanted
    assert set(shown.values()) == {1}
    ends = Counter(target for _, target, _ in page.edges)
    assert set(ends.values()) == {1}
    for path in shown:
        if path not in graph.inputs:
            for place in range(len(graph.find(path).inputs)):
                assert ends[f"{path}:{place}"] == 1
    outputs = [*graph.outputs.items(), *(graph.train_outputs or {}).items()]
    assert sum(item.path.startswith("outputs.") for item in page.nodes) == len(set(outputs))


@pytest.mark.parametrize("direction", ["TB", "BT", "LR"])
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("file", SPECS, ids=name)
@pytest.mark.parametrize("theme", ["light", "paper"])
def test_nothing_overlaps_or_overflows(file: Path, depth: int | str, direction: str, theme: str) -> None:
    picture = archspec.render(shaped(file), depth=depth, direction=direction, theme=theme, costs=("params", "macs"))
    page = read(picture.svg, theme)
    whole = Rect(0, 0, page.width, page.height)
    for item in (*page.nodes, *page.frames):
        assert whole.holds(item)
        for words in item.words:
            assert item.holds(words), (item.path, words)
    for one, other in combinations(page.nodes, 2):
        assert not one.meets(other), (one.path, other.path)
    for frame in page.frames:
        for item in (*page.nodes, *page.frames):
            inside = item.path.startswith(f"{frame.path}.") and item is not frame
            assert frame.holds(item) if inside else item.holds(frame) or not frame.meets(item), (frame.path, item.path)
    every = [words for item in (*page.nodes, *page.frames) for words in item.words] + page.words
    for line, other_line in combinations(every, 2):
        assert not line.meets(other_line), (line.text, other_line.text)
    for line in page.words:
        assert whole.holds(line)


@pytest.mark.parametrize("direction", ["TB", "BT", "LR"])
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("file", SPECS, ids=name)
def test_wires_pass_boxes_and_words_by(file: Path, depth: int | str, direction: str) -> None:
    check_wires(read(archspec.render(shaped(file), depth=depth, direction=direction).svg))


@pytest.mark.parametrize("file", SPECS, ids=name)
def test_wires_of_two_values_never_run_in_one_line(file: Path) -> None:
    check_lines(read(archspec.render(shaped(file), depth="all").svg))


def check_wires(page: Page) -> None:
    """Every piece of a wire is level or upright, and meets neither a word nor a box that is not its end."""
    words = [words for item in (*page.nodes, *page.frames) for words in item.words] + page.words
    for source, target, points in page.edges:
        ends = {source.rpartition(":")[0], target.rpartition(":")[0]}
        for (x1, y1), (x2, y2) in pairwise(points):
            assert abs(x1 - x2) < 0.02 or abs(y1 - y2) < 0.02
            line = Rect(min(x1, x2) - 0.1, min(y1, y2) - 0.1, abs(x1 - x2) + 0.2, abs(y1 - y2) + 0.2)
            for node in page.nodes:
                assert node.path in ends or not line.meets(node), (source, target, node.path)
            for said in words:
                assert not line.meets(said), (source, target, said)


def check_lines(page: Page) -> None:
    """Wires of two values share no stretch of line, unless they meet at what joins them."""
    lines = [
        (source, target.rpartition(":")[0], Rect(min(a[0], b[0]), min(a[1], b[1]), abs(a[0] - b[0]), abs(a[1] - b[1])))
        for source, target, points in page.edges
        for a, b in pairwise(points)
    ]
    for (one, into, a), (other, target, b) in combinations(lines, 2):
        if one != other and into != target:
            upright = a.w < 0.02 and b.w < 0.02 and abs(a.x - b.x) < 1 and min(a.y + a.h, b.y + b.h) - max(a.y, b.y) > 8
            level = a.h < 0.02 and b.h < 0.02 and abs(a.y - b.y) < 1 and min(a.x + a.w, b.x + b.w) - max(a.x, b.x) > 8
            assert not upright, (one, other, a, b)
            assert not level, (one, other, a, b)


def any_graph(seed: int) -> Graph:
    """A graph that nobody would draw by hand: nodes read what is there at random, what nobody reads is an output."""
    chance: Any = random.Random(seed)
    block: Any = Vocabulary()
    layer = {"attention": block["self_attention"](heads=2)}
    kinds: list[tuple[Block, int]] = [
        (block["layer_norm"](), 1), (block["add"](), 2), (block["add"](), 3), (block["mean"](), 2),
        (block["encoder_layer"](**layer), 1), (block["self_attention"](heads=2), 1),
    ]  # fmt: skip
    inputs = {name: Tokens(16, 8) for name in ("x", "y")[: 1 + seed % 2]}
    nodes: dict[str, Node] = {}
    unread = set(inputs)
    for place in range(chance.randint(3, 14)):
        what, reads = chance.choice(kinds)
        there = [*inputs, *nodes]
        if len(there) >= reads:
            chosen = chance.sample(
                sorted(there, key=lambda name: (name in unread, chance.random()))[-reads - 2 :], reads
            )
            nodes[f"n{place}"] = Node(f"n{place}", what, tuple(map(Ref, chosen)))
            unread = (unread - set(chosen)) | {f"n{place}"}
    outputs = {f"o{place}": Ref(name) for place, name in enumerate(sorted(unread))}
    return infer(Graph(inputs, nodes, outputs))


@pytest.mark.parametrize("direction", ["TB", "LR"])
@pytest.mark.parametrize("seed", range(60))
def test_any_graph_is_drawn_well(seed: int, direction: str) -> None:
    page = read(archspec.render(any_graph(seed), depth=seed % 3, direction=direction).svg)
    for one, other in combinations(page.nodes, 2):
        assert not one.meets(other), (one.path, other.path)
    check_wires(page)
    check_lines(page)
