"""A figure: all that is drawn, measured and in its place, whatever it will be written as."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from archspec.diagrams.layout.stroke import Point
from archspec.diagrams.look.style import Theme
from archspec.diagrams.look.text import lacks, width
from archspec.diagrams.view.view import Box, Wire
from archspec.graph.shape import Cost, Shape

DIRECTIONS = ("TB", "BT", "LR")


@dataclass(frozen=True, slots=True)
class Options:
    """What a picture shows, beside the graph."""

    theme: Theme
    direction: str = "TB"
    shapes: str = "changes"  # all, changes, none
    costs: tuple[str, ...] = ()  # params, macs
    heat: str | None = None  # params or macs
    legend: bool = True
    title: str | None = None
    caption: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; `x` is its start, middle or end, as `anchor` says, `y` its baseline."""

    x: float
    y: float
    text: str
    size: float
    kind: str = "ink"  # ink, muted, bold
    anchor: str = "middle"

    def width(self, theme: Theme) -> float:
        return width(self.text, self.size, theme.bold if self.kind == "bold" else theme.regular)


@dataclass(slots=True, eq=False)
class Shown:
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
class Drawn:
    """A wire in its place; `path` is that of its level. It has a head at a box, but not on the rim of a frame."""

    wire: Wire
    path: str
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
class Figure:
    """All that is drawn, in the order in which it is drawn."""

    options: Options
    shown: list[Shown] = field(default_factory=list)
    drawn: list[Drawn] = field(default_factory=list)
    tags: list[tuple[float, float, float, float]] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    swatches: list[Swatch] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0

    def words(self) -> Iterator[Text]:
        """Every line of text."""
        for shown in self.shown:
            yield from shown.texts
        yield from self.texts

    def lacking(self) -> str:
        """The characters in it that the theme's fonts have no glyph for."""
        theme = self.options.theme
        missing = (lacks(text.text, theme.bold if text.kind == "bold" else theme.regular) for text in self.words())
        return "".join(dict.fromkeys("".join(missing)))


def shape_text(shape: Shape) -> str:
    """`197×384`."""
    return shape.text.replace("x", "×")


def number(value: float) -> str:
    """Three digits and a unit: `20.0 M`."""
    for unit, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size * 0.9995:
            scaled = value / size
            return f"{scaled:.{max(0, 2 - (scaled >= 9.995) - (scaled >= 99.95))}f}\N{NO-BREAK SPACE}{unit}"
    return f"{value:g}\N{NO-BREAK SPACE}"


def cost_text(cost: Cost, which: tuple[str, ...]) -> str:
    """`1.79 M params · 314 MMACs`; what is nothing is left out."""
    parts = []
    if "params" in which and cost.params:
        parts.append(f"{number(cost.params).rstrip()}\N{NO-BREAK SPACE}params")
    if "macs" in which and cost.macs:
        parts.append(f"{number(cost.macs)}MACs")
    return " · ".join(parts)
