"""Lines over a fill, for looks that have no colours."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.diagrams.figure.primitive import Path
from archspec.diagrams.layout import Step

STEP = 5.0
"""Between two lines, across the page or down it."""
INSET = 1.0
"""Of the lines' ends from the rim."""


def hatch(pattern: str, x: float, y: float, w: float, h: float) -> Path:
    """Lines in a rectangle: rising (/), falling (\\) or level (-)."""
    left, top, right, bottom = x + INSET, y + INSET, x + w - INSET, y + h - INSET
    steps = _level(left, top, right, bottom) if pattern == "-" else _slanted(pattern, left, top, right, bottom)
    return Path("hatch", tuple(steps))


def _level(left: float, top: float, right: float, bottom: float) -> Iterator[Step]:
    at = top + STEP - INSET
    while at < bottom:
        yield from (("M", (left, at)), ("L", (right, at)))
        at += STEP


def _slanted(pattern: str, left: float, top: float, right: float, bottom: float) -> Iterator[Step]:
    """A line for every `along` on the way from one corner to the opposite one."""
    wide, tall = right - left, bottom - top
    along = STEP
    while along < wide + tall:
        a, b = max(0.0, along - tall), min(wide, along)  # how far right the line starts and ends
        ends = [(left + a, top + along - a), (left + b, top + along - b)]  # rising
        if pattern == "\\":
            ends = [(px, top + bottom - py) for px, py in ends]
        yield from (("M", ends[0]), ("L", ends[1]))
        along += STEP * 1.4
