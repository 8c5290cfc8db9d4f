"""Graph → one self-contained page: composites open and close at a click, everything can be searched and asked.

Every level is laid out here, with what is in it closed; the page only pushes apart what stands around an open one.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

from archspec.diagrams.figure.arrange import Builder, Part
from archspec.diagrams.figure.figure import Figure, Options, Shown, Text, number, shape_text
from archspec.diagrams.formats.svg import css
from archspec.diagrams.look.style import DARK, LIGHT, Theme, family
from archspec.diagrams.look.text import FONTS
from archspec.diagrams.view.view import ALL, INPUT, OUTPUT, Box, Level, Opening, view
from archspec.graph.node import Graph
from archspec.graph.repeat import Repeat

PAGE = Path(__file__).parent / "page"


def html(graph: Graph, opening: Opening, options: Options, auto: bool = False) -> str:
    """The page as text. `opening` says what is open at first; the theme may be switched on the page."""
    theme = options.theme if options.theme.names else LIGHT
    writer = _Writer(replace(options, theme=theme, heat=None), opening)
    writer.level("", view(graph, Opening(ALL)), 0)
    scopes = {"light": "archspec-light", "dark": "archspec-dark"}
    data = {"levels": writer.levels, "flow": options.direction, "scopes": scopes}
    rules = "\n".join((css(LIGHT, scopes["light"]), css(DARK, scopes["dark"]), (PAGE / "page.css").read_text("utf-8")))
    filled = {
        "theme": "auto" if auto else theme.name,
        "title": escape(options.title or (graph.origin.name if graph.origin else "architecture")),
        "caption": escape(options.caption or ""),
        "fonts": "\n".join(
            _font(theme, file, weight) for file, weight in ((theme.regular, 400), (theme.bold, theme.weight))
        ),
        "css": rules,
        "data": json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/"),
        "script": (PAGE / "page.js").read_text("utf-8"),
    }
    text = (PAGE / "page.html").read_text("utf-8")
    parts = text.split("{{")
    return parts[0] + "".join(filled[name] + rest for name, _, rest in (part.partition("}}") for part in parts[1:]))


def _font(theme: Theme, face: str, weight: int) -> str:
    code = base64.b64encode((FONTS / f"{face}.ttf").read_bytes()).decode()
    return f"@font-face{{font-family:{theme.family};font-weight:{weight};src:url(data:font/ttf;base64,{code})}}"


class _Writer:
    """Levels as plain data, by the path of their composite."""

    def __init__(self, options: Options, opening: Opening) -> None:
        self.builder, self.opening = Builder(options), opening
        self.levels: dict[str, Any] = {}

    def level(
        self, path: str, level: Level, depth: int, box: Box | None = None, told: frozenset[int] = frozenset()
    ) -> None:
        closed = Level({name: replace(item, inner=None) for name, item in level.boxes.items()}, level.wires)
        part = self.builder.part(closed, top=box is None, told=told)
        if box:
            self.builder.frame(box, part)
        order = {name: place for place, name in enumerate(level.boxes)}
        self.levels[path] = {
            "depth": depth - 1,
            "open": box is not None and self.opening.opens(path, depth - 1),
            "holds": [inner.path for _, inner in level.walk()],
            "across": part.plan.across,
            "along": part.plan.along,
            "pads": part.pads,
            "head": self.head(part),
            "nodes": [self.node(name, item, part) for name, item in level.boxes.items()],
            "wires": list(self.wires(part, order, box is None)),
            "labels": list(self.labels(part, order)),
        }
        for name, item in level.boxes.items():
            if item.inner:
                outside = frozenset(out for source, out in part.labels if source == name)
                self.level(item.path, item.inner, depth + 1, item, outside)

    def node(self, name: str, box: Box, part: Part) -> dict[str, Any]:
        vertex, rim = part.plan.vertices[name], {INPUT: -1, OUTPUT: 1}.get(box.role, 0)
        kind = "pill" if rim and name in part.leaves else "rim" if rim else "box" if name in part.leaves else "sum"
        return {
            "path": box.path, "rim": rim, "kind": kind, "look": family(box.role), "times": box.times,
            "u": vertex.u, "v": vertex.v, "before": vertex.before, "after": vertex.after, "along": vertex.along,
            "rank": vertex.rank, "outs": vertex.outs, "texts": self.texts(name, box, part, kind),
            "dash": "train" if box.mode == "train" else "shared" if box.node and box.node.share else "",
            "say": f"{box.path} {box.label}", "about": list(about(box)),
        }  # fmt: skip

    def texts(self, name: str, box: Box, part: Part, kind: str) -> list[Any]:
        """A box's lines, from its middle."""
        if name not in part.leaves:
            return []
        vertex, leaf = part.plan.vertices[name], part.leaves[name]
        across, along = vertex.before + vertex.after, vertex.along
        w, h = (along, across) if self.builder.flat else (across, along)
        shown = Shown(box, kind, -w / 2, -h / 2, w, h, 0, part.step)
        shown.texts = [Text(0, 0, *line) for line in leaf.lines]
        self.builder.write_box(shown)
        return _plain(shown.texts)

    def head(self, part: Part) -> dict[str, Any]:
        """A frame's header, from its two upper corners."""
        shown = Shown(Box("", "", "", ""), "frame", 0, 0, 0, 0, 0)
        shown.texts = [Text(0, 0, *line, anchor) for line, anchor in part.heading()]
        self.builder.write_frame(shown)
        return {
            "left": _plain([text for text in shown.texts if text.anchor == "start"]),
            "right": _plain([text for text in shown.texts if text.anchor == "end"]),
        }

    def wires(self, part: Part, order: dict[str, int], top: bool) -> Iterator[dict[str, Any]]:
        for wire, route in zip(part.level.wires, part.plan.routes, strict=True):
            rim = not top and part.level.boxes[wire.target].role == OUTPUT
            yield {
                "source": order[wire.source], "out": wire.out, "target": order[wire.target], "into": wire.into,
                "points": route, "head": not rim, "mode": wire.mode,
            }  # fmt: skip

    def labels(self, part: Part, order: dict[str, int]) -> Iterator[dict[str, Any]]:
        for (name, out), (text, tags) in part.labels.items():
            made = Figure(self.builder.options)
            self.builder.label(made, 0, 0, text, tags)
            yield {"source": order[name], "out": out, "texts": _plain(made.texts), "tags": made.tags}


def _plain(texts: list[Text]) -> list[Any]:
    return [(round(t.x, 2), round(t.y, 2), t.text, t.size, t.kind, t.anchor) for t in texts]


def about(box: Box) -> Iterator[tuple[str, str]]:
    """What is said of a node that is pointed at: name and value; the first has no name."""
    yield "", box.path
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
        front = getattr(shape, "prefix", ())
        yield title, f"{shape.kind} {shape_text(shape)}" + (f", in front {', '.join(front)}" if front else "")
    if box.cost.params:
        yield "params", f"{box.cost.params:,}"
    if box.cost.macs:
        yield "MACs", f"{number(box.cost.macs).strip()} ({box.cost.macs:,})"
    if node.share:
        yield "weights of", node.share
    if node.mark:
        yield "line", f"{node.mark.line} of {node.mark.source.name}"
