"""Graph → one self-contained page: composites open and close at a click, everything can be searched and asked.

Every level is laid out here, with what is in it closed; the page only pushes apart what stands around an open one.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec.diagrams.figure import (
    Arrangement,
    Circle,
    Leaf,
    Measure,
    Part,
    Parts,
    PlacedBox,
    PlacedWire,
    Rect,
    Shape,
    Swatch,
    Text,
    entries,
    group_kind,
    head_kind,
    marks,
    outline,
    sample,
    share,
    tag,
    ticks,
    total,
    wire_kind,
    write_box,
    write_frame,
    write_label,
)
from archspec.diagrams.figure import (
    Path as Trace,
)
from archspec.diagrams.format import Format
from archspec.diagrams.formats.svg import element
from archspec.diagrams.formats.svg import path as path_text
from archspec.diagrams.layout import COVERED, HEAD, RADIUS
from archspec.diagrams.look import DARK, FONTS, LIGHT, Theme, css
from archspec.diagrams.options import Options
from archspec.diagrams.view import ALL, INPUT, OUTPUT, Box, Level, Opening, number, shape_text
from archspec.graph import Repeat, named

if TYPE_CHECKING:
    from archspec.diagrams.picture import Picture

_RAW = re.compile(r"[\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What JSON allows in a string and a page should not have."""

PAGE = Path(__file__).parent / "page"
SIGN = 12.0
"""Room for the sign of a box that opens, at its right; as much at its left keeps the words in the middle."""


def write(picture: Picture) -> str:
    """The page as text. What the picture opens is open at first; the theme may be switched on the page."""
    options, graph = picture.options, picture.graph
    theme = options.theme if options.theme.names else LIGHT
    top = picture.view(replace(picture.opening, depth=ALL, expand=frozenset(), collapse=frozenset()))
    writer = _Writer(replace(options, theme=theme), picture.opening, top)
    writer.level("", top, 0)
    compared = any(box.status for _, box in top.walk())
    scopes = {"light": "archspec-light", "dark": "archspec-dark"}
    stroke = {"radius": RADIUS, "covered": COVERED, "head": HEAD}
    data = {"levels": writer.levels, "flow": options.direction, "scopes": scopes, "stroke": stroke}
    rules = [css(palette, scopes[palette.name], compared=compared) for palette in (LIGHT, DARK)]
    rules += [f".{scopes[p.name]}{{--cold:{p.heat[0]};--hot:{p.heat[1]}}}" for p in (LIGHT, DARK)]
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    filled = {
        "theme": "auto" if picture.auto else theme.name,
        "title": escape(options.title or (graph.origin.name if graph.origin else "architecture")),
        "caption": escape(options.caption or ""),
        "legend": "".join(legend(top, writer)) if options.legend else "",
        "fonts": "\n".join(
            _font(theme, file, weight) for file, weight in ((theme.regular, 400), (theme.bold, theme.weight))
        ),
        "css": "\n".join((*rules, (PAGE / "page.css").read_text("utf-8"))),
        "data": _RAW.sub(lambda char: f"\\u{ord(char[0]):04x}", text).replace("</", "<\\/"),
        "script": (PAGE / "page.js").read_text("utf-8"),
    }
    text = (PAGE / "page.html").read_text("utf-8")
    parts = text.split("{{")
    return parts[0] + "".join(filled[name] + rest for name, _, rest in (part.partition("}}") for part in parts[1:]))


def _font(theme: Theme, face: str, weight: int) -> str:
    code = base64.b64encode((FONTS / f"{face}.ttf").read_bytes()).decode()
    return f"@font-face{{font-family:{theme.family};font-weight:{weight};src:url(data:font/ttf;base64,{code})}}"


class _Measure(Measure):
    """Leaves room in boxes that open for the sign that they do."""

    def __init__(self, options: Options, opens: frozenset[str]) -> None:
        super().__init__(options)
        self.opens = opens

    def leaf(self, box: Box) -> Leaf:
        leaf = super().leaf(box)
        leaf.gutter = SIGN * (box.path in self.opens)
        leaf.w += 2 * leaf.gutter
        return leaf


class _Writer:
    """Levels as plain data, by the path of their composite."""

    def __init__(self, options: Options, opening: Opening, top: Level) -> None:
        self.measure = _Measure(options, frozenset(box.path for _, box in top.walk() if box.inner))
        self.parts, self.opening, self.theme, self.heat = (
            Parts(options, self.measure),
            opening,
            options.theme,
            options.heat,
        )
        boxes = [box for _, box in top.walk() if box.role not in (INPUT, OUTPUT)]
        self.hottest = max((total(box, self.heat) for box in boxes), default=0) if self.heat else 0
        self.levels: dict[str, Any] = {}

    def level(
        self, path: str, level: Level, depth: int, box: Box | None = None, outside: frozenset[int] = frozenset()
    ) -> None:
        """Write a level, and those in it; `outside` are its outputs whose shape is written outside."""
        closed = Level({name: replace(item, inner=None) for name, item in level.boxes.items()}, level.wires)
        part = self.parts.part(closed, top=box is None, outside=outside)
        if box:
            self.parts.frame(box, part)
        order = {name: place for place, name in enumerate(level.boxes)}
        self.levels[path] = {
            "depth": depth - 1,
            "open": box is not None and self.opening.opens(path, depth - 1),
            "holds": [inner.path for _, inner in level.walk()],
            "across": part.plan.across,
            "along": part.plan.along,
            "pads": part.pads,
            "frame": self.frame(box, part, depth - 1) if box else None,
            "nodes": [self.node(name, item, part) for name, item in level.boxes.items()],
            "wires": list(self.wires(part, order, box is None)),
            "labels": list(self.labels(part, order)),
        }
        for name, item in level.boxes.items():
            if item.inner:
                beyond = frozenset(out for source, out in part.labels if source == name)
                self.level(item.path, item.inner, depth + 1, item, beyond)

    def node(self, name: str, box: Box, part: Part) -> dict[str, Any]:
        """A box as it is while it is closed."""
        vertex, rim = part.plan.vertices[name], {INPUT: -1, OUTPUT: 1}.get(box.role, 0)
        return {
            "path": box.path, "rim": rim, "kind": group_kind(box, open=False),
            "u": vertex.u, "v": vertex.v, "before": vertex.before, "after": vertex.after, "along": vertex.along,
            "rank": vertex.rank, "outs": vertex.outs, "draw": self.box(name, box, part, bool(rim)),
            "say": f"{box.path} {box.label}", "about": list(about(box)),
        }  # fmt: skip

    def box(self, name: str, box: Box, part: Part, rim: bool) -> list[Any]:
        """A closed box's primitives, from its middle; those on the rim of a frame have none."""
        if rim and name not in part.leaves:
            return []
        vertex, leaf = part.plan.vertices[name], part.leaves.get(name)
        across, along = vertex.before + vertex.after, vertex.along
        w, h = (along, across) if self.measure.flat else (across, along)
        kind = "pill" if rim else "box" if leaf else "sum"
        placed = PlacedBox(box, kind, -w / 2, -h / 2, w, h, 0, leaf.step if leaf else 0.0)
        placed.texts = [Text(0, 0, *line) for line in leaf.lines] if leaf else []
        write_box(placed, self.measure)
        if self.heat and kind == "box":
            placed.fill = _mixed(share(total(box, self.heat), self.hottest))
            placed.texts = [replace(text, kind="ink") if text.kind == "muted" else text for text in placed.texts]
        return _plain([*outline(placed, self.theme), *placed.texts, *marks(placed, self.theme)])

    def frame(self, box: Box, part: Part, depth: int) -> dict[str, Any]:
        """An open box: its rectangles, which the page makes as large as what is in them, and what is in its corners."""
        placed = PlacedBox(box, "frame", 0, 0, 0, 0, depth)
        placed.texts = [Text(0, 0, *line, anchor) for line, anchor in part.heading()]
        write_frame(placed, self.measure)
        shapes = [*outline(placed, self.theme), *marks(placed, self.theme)]
        return {
            "kind": group_kind(box, open=True),
            "rects": _plain([shape for shape in shapes if isinstance(shape, Rect)]),
            "left": _plain([text for text in placed.texts if text.anchor == "start"]),
            "right": _plain([text for text in placed.texts if text.anchor == "end"])
            + _plain([shape for shape in shapes if not isinstance(shape, Rect)]),
        }

    def wires(self, part: Part, order: dict[str, int], top: bool) -> Iterator[dict[str, Any]]:
        """The wires of a level."""
        for wire, route in zip(part.level.wires, part.plan.routes, strict=True):
            rim = not top and part.level.boxes[wire.target].role == OUTPUT
            yield {
                "source": order[wire.source], "out": wire.out, "target": order[wire.target], "into": wire.into,
                "points": route, "head": "" if rim else head_kind(wire.mode), "kind": wire_kind(wire.mode),
            }  # fmt: skip

    def labels(self, part: Part, order: dict[str, int]) -> Iterator[dict[str, Any]]:
        """The shapes beside wires, from where their wire starts."""
        for (name, out), label in part.labels.items():
            placed = Arrangement(self.parts.options)
            write_label(placed, self.measure, 0, 0, label)
            yield {
                "source": order[name],
                "out": out,
                "draw": _plain([*(tag(*at) for at in placed.tags), *placed.texts]),
            }


def legend(top: Level, writer: _Writer) -> Iterator[str]:
    """What the colours and signs mean, each sample a picture of its own that follows the theme."""
    every = [box for _, box in top.walk()]
    boxes = [PlacedBox(box, "pill" if box.role in (INPUT, OUTPUT) else "box", 0, 0, 0, 0, 0) for box in every]
    levels = {id(level): level for level, _ in top.walk()}
    wires = [PlacedWire(wire, [], False, "", "") for level in levels.values() for wire in level.wires]
    placed = Arrangement(writer.parts.options, boxes, wires, hottest=writer.hottest)
    shares = iter(ticks(writer.hottest))
    for entry in entries(placed):
        drawn = ""
        if entry.sample:
            look, fill = entry.sample
            fill = _mixed(next(shares)[0]) if fill else None
            shapes = "".join(map(element, sample(Swatch(1, 3, look, fill), writer.theme)))
            drawn = f'<svg class="archspec-{writer.theme.name}" width="21" height="16">{shapes}</svg>'
        yield f"<span>{drawn}{escape(entry.word)}</span>"


def _mixed(part: float) -> str:
    """The colour at a share of the way from the theme's coldest to its warmest."""
    return f"color-mix(in srgb,var(--hot) {100 * part:.1f}%,var(--cold))"


def _plain(items: Sequence[Shape | Text]) -> list[Any]:
    """Primitives as the page's script reads them: what it is, its classes, and its numbers."""
    return [_item(item) for item in items]


def _item(item: Shape | Text) -> tuple[Any, ...]:
    match item:
        case Text(x, y, text, size, kind, anchor):
            return "text", kind, round(x, 2), round(y, 2), text, size, anchor
        case Rect(kind, x, y, w, h, r, fill):
            return "rect", _outlined(kind), x, y, w, h, r, *([fill] if fill else [])
        case Circle(kind, x, y, r):
            return "circle", _outlined(kind), x, y, r
        case Trace(kind, steps, at):
            return "path", kind, *(at or (0, 0)), path_text(steps)


def _outlined(kind: str) -> str:
    """The classes of a shape; that which is the outline of its box says so, for the page to show what is pointed at."""
    words = kind.split()
    return f"{kind} outline" if {"box", "pill", "sum", "frame"} & set(words) and "behind" not in words else kind


def about(box: Box) -> Iterator[tuple[str, str]]:
    """What is said of a node that is pointed at: name and value; the first has no name."""
    yield "", box.path
    if box.status:
        yield "", box.status
    node = box.node
    if node is None:
        yield "", box.mode or box.role
        return
    block = node.block.blocks[0] if isinstance(node.block, Repeat) else node.block
    yield "block", block.word + (f" ×{box.times}" if box.times > 1 else "")
    if box.label != block.word.replace("_", " "):
        yield "which is", box.label
    for varies in box.varies:
        yield "varies", varies
    for title, shape in zip(node.block.output_names() or ("output",), node.outputs, strict=True):
        tokens = "".join(f", {where} {', '.join(names)}" for where, names in named(shape))
        yield title, f"{shape.kind} {shape_text(shape)}{tokens}"
    each = " each" if box.copies > 1 else ""
    if box.cost.params:
        yield "params", f"{box.cost.params:,}{each}"
    if box.cost.macs:
        yield "MACs", f"{number(box.cost.macs).strip()} ({box.cost.macs:,}){each}"
    if node.share:
        yield "weights of", node.share
    if node.mark:
        file = Path(node.mark.source.name)  # where this machine keeps it is nobody's business
        yield "line", f"{node.mark.line} of {file.name if file.is_absolute() else file}"


FORMAT = Format(write)
