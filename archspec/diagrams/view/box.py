"""What a drawing shows: boxes and wires, level by level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archspec.graph import Cost, Node, Shape

INPUT, OUTPUT = "input", "output"
"""Roles of the boxes that are a level's own inputs and outputs."""


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """One node as it is drawn: closed, or with `inner` open. A folded repeat is one box, with `times`."""

    path: str  # dotted, as in the state dict
    name: str
    label: str
    role: str
    node: Node | None = None  # None for an input or an output of its level
    times: int = 1
    varies: tuple[str, ...] = ()  # what differs between the repetitions
    inner: Level | None = None
    ins: tuple[str, ...] = ()  # names of the ports, where there are several
    outs: tuple[str, ...] = ()
    mode: str = ""  # train or eval, for an output that only one of them has
    cost: Cost = Cost()  # noqa: RUF009 – frozen
    copies: int = 1  # how many like it there are in all repetitions of what it lies in
    total: Cost = Cost()  # noqa: RUF009 – of all of them
    holds: tuple[str, ...] = ()  # the repeats in it, which it says while it is closed
    status: str = ""  # added, removed or changed, where two graphs are compared


@dataclass(frozen=True, slots=True)
class Wire:
    """A value on its way: from an output of a box to an input of another."""

    source: str
    out: int
    target: str
    into: int
    shape: Shape
    mode: str = ""  # train or eval; added, removed or changed
    was: Shape | None = None  # the shape before it changed


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Boxes by name, in an order in which each comes after what it reads; inputs first, outputs last."""

    boxes: Mapping[str, Box]
    wires: tuple[Wire, ...]

    def walk(self) -> Iterator[tuple[Level, Box]]:
        """Every box at every open level, with its level."""
        for box in self.boxes.values():
            yield self, box
            if box.inner:
                yield from box.inner.walk()
