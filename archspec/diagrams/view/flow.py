"""The wires of a view between closed boxes alone, as formats without frames' ports need them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archspec.diagrams.view.box import INPUT, OUTPUT, Level
from archspec.diagrams.view.words import shape_text
from archspec.graph import Shape, Tokens


@dataclass(frozen=True, slots=True)
class Flow:
    """A value from closed box to closed box, by path, through the frames around them."""

    source: str
    out: int
    target: str
    into: int
    shape: Shape
    mode: str

    @property
    def label(self) -> str:
        """Its shape, and the names of the tokens in front."""
        front = self.shape.prefix if isinstance(self.shape, Tokens) else ()
        return " · ".join((shape_text(self.shape), *front))


def flows(level: Level) -> list[Flow]:
    """Every wire that enters a closed box, or an output of the whole, with the closed box that its value comes from."""
    return list(_flows(_Place(level)))


def labelled(flows: Sequence[Flow], shapes: str) -> list[tuple[Flow, str]]:
    """The flows, each with its label, or none where the look asks for none or the shape is that of what a box reads."""
    reads: dict[str, set[Shape]] = defaultdict(set)
    for flow in flows:
        reads[flow.target].add(flow.shape)
    same = [shapes == "changes" and flow.shape in reads[flow.source] for flow in flows]
    return [(flow, "" if old or shapes == "none" else flow.label) for flow, old in zip(flows, same, strict=True)]


@dataclass(frozen=True, slots=True)
class _Place:
    """A level, and where it lies: the place of the level around it, and the name of its frame there."""

    level: Level
    outer: _Place | None = None
    name: str = ""

    def port(self, role: str) -> list[str]:
        """The names of the level's inputs, or of its outputs."""
        return [name for name, box in self.level.boxes.items() if box.role == role]

    def origin(self, name: str, out: int) -> tuple[str, int]:
        """The closed box that a value comes from: in an open one, or outside, where this level has it from."""
        box = self.level.boxes[name]
        if box.role == INPUT and self.outer:
            into = self.port(INPUT).index(name)
            wires = self.outer.level.wires
            wire = next(wire for wire in wires if (wire.target, wire.into) == (self.name, into))
            return self.outer.origin(wire.source, wire.out)
        if not box.inner:
            return box.path, out
        inside = _Place(box.inner, self, name)
        outlet = inside.port(OUTPUT)[out]
        wire = next(wire for wire in box.inner.wires if wire.target == outlet)
        return inside.origin(wire.source, wire.out)


def _flows(place: _Place) -> Iterator[Flow]:
    for wire in place.level.wires:
        target = place.level.boxes[wire.target]
        if not target.inner and (target.role != OUTPUT or not place.outer):
            yield Flow(*place.origin(wire.source, wire.out), target.path, wire.into, wire.shape, wire.mode)
    for name, box in place.level.boxes.items():
        if box.inner:
            yield from _flows(_Place(box.inner, place, name))
