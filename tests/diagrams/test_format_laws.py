"""The law of formats: what is in a figure is in every format that says that it shows it."""

from __future__ import annotations

import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pypdf
import pytest

import archspec
from archspec.diagrams import COMPARISONS, Picture, compare
from archspec.diagrams.figure import Figure, Group, Rect, Text
from archspec.diagrams.figure import Path as Trace
from archspec.diagrams.formats import REGISTRY
from archspec.diagrams.look import THEMES, paint
from archspec.diagrams.view import INPUT, OUTPUT, flows, label_lines, shape_text
from tests.diagrams.test_render import SPECS, shaped

FIGURES = [name for name, format in REGISTRY.items() if "legend" in format.shows]
DEPTHS = (0, 1, "all")
PAIRS = [("cvt_13", "cvt_21"), ("deit_tiny_patch16_224", "deit_tiny_distilled_patch16_224"),
         ("vit_tiny_patch16_224", "pit_ti_224")]  # fmt: skip
DRAWN: list[tuple[str, Any]] = [*((file.stem, file) for file in SPECS), *((f"{a} to {b}", (a, b)) for a, b in PAIRS)]


@pytest.fixture(
    params=[(thing, depth) for _, thing in DRAWN for depth in DEPTHS],
    ids=[f"{title}-{depth}" for title, _ in DRAWN for depth in DEPTHS],
)
def picture(request: pytest.FixtureRequest) -> Picture:
    thing, depth = request.param
    if isinstance(thing, Path):
        return archspec.render(shaped(thing), depth=depth, shapes="all", costs=("params",))
    a, b = map(archspec.load, thing)
    return compare(archspec.diff(a, b), depth=depth, shapes="all", costs=("params",))


def tight(text: str) -> str:
    return re.sub(r"\s", "", text)


def parts(figure: Figure) -> Iterator[tuple[str, Any]]:
    """Every primitive, with the classes of the group that it is in."""
    for item in figure.items:
        yield from ((item.kind, part) for part in item.items) if isinstance(item, Group) else [("", item)]


def test_every_format_states_what_it_is() -> None:
    assert set(FIGURES) >= {"svg", "png", "pdf"}
    assert set(COMPARISONS) >= {"svg", "png", "pdf", "html"}
    for format in REGISTRY.values():
        assert {"boxes", "wires", "shapes"} <= format.shows


def test_svg_has_every_primitive(picture: Picture) -> None:
    text, figure = picture.svg, picture.figure
    shapes = Counter(
        (part.kind.split()[0], bool(re.search(r"\bbehind\b", part.kind)))
        for _, part in parts(figure) if not isinstance(part, Text)
    )  # fmt: skip
    there = Counter(
        (kind.split()[0], "behind" in kind.split())
        for kind in re.findall(r'<(?:rect|circle|path) class="(.*?)"', text)
    )  # fmt: skip
    there.subtract({("background", False): 1})
    assert +there == shapes
    assert Counter(map(unescape, re.findall(r"<text.*?>(.*?)</text>", text))) == Counter(
        word.text for word in figure.words()
    )
    assert text.count("<title>") == 1 + sum(isinstance(item, Group) and bool(item.title) for item in figure.items)


def test_pdf_has_every_word_shape_and_mark(picture: Picture) -> None:
    page = pypdf.PdfReader(io.BytesIO(picture.bytes("pdf"))).pages[0]
    text = tight(page.extract_text())
    for word in picture.figure.words():
        assert tight(word.text) in text, word.text
    content = page.get_contents()
    assert content is not None
    painted = Counter(operator for _, operator in content.operations)
    shapes = [(group, part) for group, part in parts(picture.figure) if not isinstance(part, Text)]
    assert sum(painted[operator] for operator in (b"S", b"s", b"f", b"f*", b"B", b"b", b"B*", b"b*")) == 1 + len(shapes)
    theme, strokes = picture.options.theme, Counter[str]()
    for operands, operator in content.operations:
        if operator == b"RG":
            strokes["#" + "".join(f"{round(float(value) * 255):02x}" for value in operands)] += 1
    wanted = Counter(look["stroke"] for group, part in shapes
                     if (look := paint(theme, part.kind, outer=group)).get("stroke", "none") != "none")  # fmt: skip
    assert strokes == wanted


def test_html_has_every_word_wire_tag_and_mark(picture: Picture) -> None:
    text = picture.bytes("html").decode()
    data = json.loads(re.findall(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)[0])
    levels = data["levels"]
    nodes = {node["path"]: node for level in levels.values() for node in level["nodes"]}
    for item in picture.figure.items:
        if not isinstance(item, Group) or not item.path:
            continue
        frame = item.kind.split()[0] == "composite"
        entry = levels[item.path]["frame"] if frame else nodes[item.path]
        assert entry["kind"] == item.kind
        drawn = [*entry["rects"], *entry["left"], *entry["right"]] if frame else entry["draw"]
        kinds = Counter(kind.removesuffix(" outline") for what, kind, *_ in drawn if what != "text")
        assert kinds == Counter(part.kind for part in item.items if not isinstance(part, Text))
        words = [text for what, _, _, _, text, *_ in (part for part in drawn if part[0] == "text")]
        assert Counter(words) == Counter(part.text for part in item.items if isinstance(part, Text))
    shown = [levels[""], *(levels[item.path] for item in picture.figure.items
                           if isinstance(item, Group) and item.kind.startswith("composite"))]  # fmt: skip
    wires = Counter(wire["kind"] for level in shown for wire in level["wires"])
    assert wires == Counter(part.kind for group, part in parts(picture.figure)
                            if group == "edge" and not part.kind.startswith("head"))  # fmt: skip
    labels = Counter(tuple(part[:2]) + tuple(part[4:5] if part[0] == "text" else ())
                     for level in shown for label in level["labels"] for part in label["draw"])  # fmt: skip
    assert sum(count for (what, *_), count in labels.items() if what == "rect") == sum(
        isinstance(part, Rect) and part.kind == "tag" for _, part in parts(picture.figure)
    )
    free = Counter(word.text for word in picture.figure.texts)
    assert not Counter({said: count for (what, _, *more), count in labels.items() for said in more}) - free
    for theme in ("light", "dark"):
        for colour in THEMES[theme].marks.values():
            assert (colour in text) or not picture.figure.compared
    assert not picture.options.caption or tight(picture.options.caption) in tight(unescape(text))


@pytest.mark.parametrize("format", ["dot", "mermaid"])
def test_texts_for_other_drawers_have_every_box_and_wire(format: str, picture: Picture) -> None:
    text = picture.bytes(format).decode()
    if text.startswith("%% drawn to depth"):
        pytest.skip("it says that it shows less")
    codes = {"#35;": "#", "#quot;": '"', "#lt;": "<", "#gt;": ">"}
    if format == "mermaid":
        text = re.sub("|".join(codes), lambda code: codes[code[0]], text)
    for level, box in picture.level.walk():
        if box.role == "add" or (box.role in (INPUT, OUTPUT) and level is not picture.level):
            continue
        for line in label_lines(box):
            assert line in text, line
    arrows = re.findall(r" -> " if format == "dot" else r" (?:-\.->|-->)\|", text)
    assert len(arrows) == len(flows(picture.level))
    for flow in flows(picture.level):
        assert flow.label in text and flow.label.startswith(shape_text(flow.shape))


def test_a_wire_is_drawn_in_every_figure(picture: Picture) -> None:
    wires = [part for _, part in parts(picture.figure) if isinstance(part, Trace) and part.kind.startswith("wire")]
    legend = sum("wire train" in part.kind for _, part in parts(picture.figure) if isinstance(part, Trace) and _ == "")
    assert len(wires) - legend == sum(len(level.wires) for level in {
        id(level): level for level, _ in picture.level.walk()}.values())  # fmt: skip
