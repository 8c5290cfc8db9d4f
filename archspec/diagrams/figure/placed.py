"""Boxes, wires and labels in their places, before they are drawn."""

from __future__ import annotations

from dataclasses import dataclass, field

from archspec.diagrams.figure.primitive import Text
from archspec.diagrams.layout import Point
from archspec.diagrams.options import Options
from archspec.diagrams.view import Box, Wire


@dataclass(slots=True, eq=False)
class PlacedBox:
    """A box in its place: closed, open (a frame around others), a sum, or a pill (an input or output)."""

    box: Box
    kind: str  # box, frame, sum, pill
    x: float
    y: float
    w: float
    h: float
    depth: int
    step: float = 0.0  # between its ports
    fill: str | None = None  # in place of its family's, where heat is shown
    texts: list[Text] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class PlacedWire:
    """A wire in its place. It has a head at a box, but not on the rim of a frame."""

    wire: Wire
    points: list[Point]
    head: bool
    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Swatch:
    """A sample in the legend: of a family, of a share of the heat, or of a dashed line."""

    x: float
    y: float
    look: str
    fill: str | None = None


@dataclass(slots=True, eq=False)
class Arrangement:
    """Everything in its place, in the order in which it is drawn; `tags` are x, y, width, height."""

    options: Options
    boxes: list[PlacedBox] = field(default_factory=list)
    wires: list[PlacedWire] = field(default_factory=list)
    tags: list[tuple[float, float, float, float]] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    swatches: list[Swatch] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0
    hottest: int = 0  # the cost that has the warmest colour
    axis: float = 0.0  # what stands above and below it is centred over: its first input, or the middle
