"""Levels without the boxes that a reader does not need: what such a box reads goes straight to those that read it."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from archspec.diagrams.view.box import Box, Level, Wire


def without(level: Level, hidden: Set[str]) -> Level:
    """The level, and those in it, without the boxes of these words or roles.

    A box with several inputs or outputs stays: nothing could stand for it.
    """
    inputs: dict[str, list[Wire]] = {name: [] for name in level.boxes}
    for wire in level.wires:
        inputs[wire.target].append(wire)
    gone = {name: inputs[name][0] for name, box in level.boxes.items() if _is(box, hidden) and len(inputs[name]) == 1}
    wires = []
    for wire in level.wires:
        if wire.target in gone:
            continue
        start = wire
        while start.source in gone:
            start = gone[start.source]
        wires.append(replace(wire, source=start.source, out=start.out))
    boxes = {name: _closed(box, hidden) for name, box in level.boxes.items() if name not in gone}
    return Level(boxes, tuple(wires))


def _closed(box: Box, hidden: Set[str]) -> Box:
    """The box with what is left in it; closed where nothing is."""
    if not box.inner:
        return box
    inner = without(box.inner, hidden)
    return replace(box, inner=inner if any(other.node for other in inner.boxes.values()) else None)


def _is(box: Box, hidden: Set[str]) -> bool:
    """Whether a box is of a hidden word or role, and has one output."""
    return box.node is not None and len(box.node.outputs) == 1 and bool({box.node.block.word, box.role} & hidden)
