"""What a figure is made of. `kind` are the classes that a primitive's look (`look.paint`) is found by."""

from __future__ import annotations

from dataclasses import dataclass, field

from archspec.diagrams.layout import Point, Step
from archspec.diagrams.look import Theme, width


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text; `x` is its start, middle or end, as `anchor` says, `y` its baseline."""

    x: float
    y: float
    text: str
    size: float
    kind: str = "ink"  # ink, muted, bold, chip
    anchor: str = "middle"

    def width(self, theme: Theme) -> float:
        """How wide it is in the theme's font."""
        return width(self.text, self.size, theme.bold if self.kind == "bold" else theme.regular)


@dataclass(frozen=True, slots=True)
class Rect:
    """A rectangle whose corners have the radius `r`; `fill` stands in place of its kind's."""

    kind: str
    x: float
    y: float
    w: float
    h: float
    r: float
    fill: str | None = None


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle around (x, y)."""

    kind: str
    x: float
    y: float
    r: float


@dataclass(frozen=True, slots=True)
class Path:
    """A line or a closed shape, in steps from `at`."""

    kind: str
    steps: tuple[Step, ...]
    at: Point | None = None


Shape = Rect | Circle | Path


@dataclass(frozen=True, slots=True)
class Group:
    """Primitives that belong together, with the text for who points at them.

    A box has a `path`; a wire has its `ends`: `path:port` of its source and of its target.
    """

    kind: str
    items: tuple[Shape | Text, ...]
    title: str
    path: str = ""
    ends: tuple[str, str] = field(default=("", ""))


Primitive = Shape | Text | Group
