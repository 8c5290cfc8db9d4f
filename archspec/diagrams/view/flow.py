"""The wires of a view between closed boxes alone, as formats without frames' ports need them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archspec.diagrams.view.box import INPUT, OUTPUT, Level
from archspec.graph import Shape


@dataclass(frozen=True, slots=True)
class Flow:
    """A value from closed box to closed box, by path, through the frames around them."""

    source: str
    out: int
    target: str
    into: int
    shape: Shape
    mode: str


def flows(level: Level) -> list[Flow]:
    """Every wire that enters a closed box, or an output of the whole, with the closed box that its value comes from."""
    return list(_flows(level, None))


def _flows(level: Level, outer: Mapping[str, tuple[str, int]] | None) -> Iterator[Flow]:
    inlets = outer or {}
    for wire in level.wires:
        target = level.boxes[wire.target]
        if not target.inner and (target.role != OUTPUT or outer is None):
            source, out = _origin(level, inlets, wire.source, wire.out)
            yield Flow(source, out, target.path, wire.into, wire.shape, wire.mode)
    for name, box in level.boxes.items():
        if box.inner:
            yield from _flows(box.inner, dict(_origins(level, inlets, name, box.inner)))


def _origin(level: Level, inlets: Mapping[str, tuple[str, int]], name: str, out: int) -> tuple[str, int]:
    """The closed box that a value comes from: inside an open one, or outside, where this level has it from."""
    if name in inlets:
        return inlets[name]
    box = level.boxes[name]
    if not box.inner:
        return box.path, out
    outlet = [inside for inside, port in box.inner.boxes.items() if port.role == OUTPUT][out]
    wire = next(wire for wire in box.inner.wires if wire.target == outlet)
    return _origin(box.inner, dict(_origins(level, inlets, name, box.inner, wire.source)), wire.source, wire.out)


def _origins(
    level: Level, inlets: Mapping[str, tuple[str, int]], name: str, inner: Level, only: str | None = None
) -> Iterator[tuple[str, tuple[str, int]]]:
    """The inlets of an open box, each with the closed box that feeds it."""
    ports = [inside for inside, port in inner.boxes.items() if port.role == INPUT]
    for wire in level.wires:
        if wire.target == name and only in (None, ports[wire.into]):
            yield ports[wire.into], _origin(level, inlets, wire.source, wire.out)
