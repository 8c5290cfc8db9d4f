"""Two graphs in one drawing: the newer one, with what came and what changed marked, and what went still there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from archspec.diagrams.error import RenderError
from archspec.diagrams.formats import REGISTRY
from archspec.diagrams.picture import Picture, render
from archspec.diagrams.view import INPUT, OUTPUT, Box, Level, Opening, Wire, cost_text, plain, view

if TYPE_CHECKING:
    from archspec.analysis.diff import Diff

COMPARISONS = tuple(name for name, format in REGISTRY.items() if "marks" in format.shows)
"""The formats that tell a comparison."""

Changes = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Comparison(Picture):
    """The picture of a difference."""

    diff: Diff | None = None

    @cached_property
    def changes(self) -> Changes:
        """What changed of every node that both have, in lines, by its path."""
        assert self.diff is not None
        lines: dict[str, tuple[str, ...]] = {}
        for path, line in self.diff.changes():
            if "[" not in line:  # lists of what differs from repeat to repeat, which the box says shorter
                shorter = line.replace(": ", " ", 1)
                lines[plain(path)] = tuple(dict.fromkeys((*lines.get(plain(path), ()), shorter)))
        return lines

    def view(self, opening: Opening) -> Level:
        """Both graphs' views in one."""
        assert self.diff is not None
        composites = {plain(path) for path, node in self.diff.a.walk() if node.body}
        if opening.root and opening.root not in composites:
            raise RenderError(f"only one of the two has a node {opening.root}", help="draw that one by itself")
        there = replace(opening, expand=opening.expand & composites, collapse=opening.collapse & composites)
        return merge(view(self.diff.a, there), view(self.graph, opening), self.changes)


def compare(diff: Diff, **look: Any) -> Comparison:
    """Draw the difference from A to B; the look is that of `render`."""
    a, b = diff.a, diff.b
    names = [graph.origin.label if graph.origin else "graph" for graph in (a, b)]
    costs = [cost_text(graph.cost, ("params", "macs")) for graph in (a, b)]
    words = {"title": " → ".join(dict.fromkeys(names)), "caption": " → ".join(dict.fromkeys(costs)), **look}
    picture = render(b, **words)
    return Comparison(b, picture.opening, picture.options, picture.auto, picture.scale, diff)


def merge(a: Level, b: Level, changes: Changes) -> Level:
    """Both levels in one: B's boxes and wires, and A's that B has no more."""
    order = list(b.boxes)
    for name in a.boxes:
        if name not in b.boxes:
            sources = [order.index(wire.source) for wire in a.wires if wire.target == name]
            first = sum(box.role == INPUT for box in b.boxes.values())
            order.insert(max([first - 1, *sources]) + 1, name)
    boxes = {name: _box(a.boxes.get(name), b.boxes.get(name), changes) for name in order}
    wires = [_wire(wire, a, b) for wire in b.wires]
    for wire in a.wires:
        forward = order.index(wire.source) < order.index(wire.target)
        if not {wire.source, wire.target} <= b.boxes.keys() and forward:
            wires.append(replace(wire, mode="removed"))
    return Level(boxes, tuple(wires))


def _box(a: Box | None, b: Box | None, changes: Changes) -> Box:
    if b is None:
        assert a
        return replace(a, inner=None, status="removed")
    if b.role in (INPUT, OUTPUT):
        return b if a else replace(b, status="added")
    if a is None:
        return replace(b, status="added")  # with all that is in it
    lines = changes.get(plain(b.path), ())
    inner = merge(a.inner, b.inner, changes) if a.inner and b.inner else b.inner
    changed = bool(lines) or (a.label, a.times, a.varies) != (b.label, b.times, b.varies)
    return replace(b, inner=inner, varies=(*lines, *b.varies), status="changed" if changed else "")


def _wire(wire: Wire, a: Level, b: Level) -> Wire:
    """A wire of B; one that A has not got is new, and one whose shape was another in A has changed."""
    if wire.mode:
        return wire
    ends = {(other.source, other.out, other.target, other.into): other.shape for other in a.wires}
    was = ends.get((wire.source, wire.out, wire.target, wire.into))
    if was is None:
        return replace(wire, mode="added")
    return wire if was == wire.shape else replace(wire, mode="changed", was=was)
