"""The geometry of a wire: rounded corners, and the head of its arrow; and of any path that is drawn in steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Point = tuple[float, float]
Step = tuple[str, tuple[float, ...]]
"""A step of a path, as SVG has it: M, L, Q, z; and h, v, q and t, which are relative to where the last one ended."""

RADIUS = 7.0
"""Of a wire's corners."""
HEAD = (7.0, 3.4)
"""An arrow head's length, and half its width."""
COVERED = 6.0
"""How much of the wire its head covers: the wire ends there."""


def rounded(points: list[Point], head: bool = False) -> Iterator[Step]:
    """A line with rounded corners; with a head it ends in the head."""
    points = [*points[:-1], _before(points[-2], points[-1], COVERED)] if head else points
    yield "M", points[0]
    last = len(points) - 2
    for place in range(1, len(points) - 1):
        a, b, c = points[place - 1 : place + 2]
        room = min(_far(a, b) / (1 if place == 1 else 2), _far(b, c) / (1 if place == last else 2), RADIUS)
        yield "L", _before(a, b, room)
        yield "Q", (*b, *_before(c, b, room))
    yield "L", points[-1]


def arrow(points: list[Point]) -> Iterator[Step]:
    """The head at the end of a line."""
    long, half = HEAD
    (x, y), (left, top) = points[-1], _before(points[-2], points[-1], long)
    dx, dy = (x - left) / long * half, (y - top) / long * half
    yield from (("M", (x, y)), ("L", (left - dy, top + dx)), ("L", (left + dy, top - dx)), ("z", ()))


def trace(steps: Iterable[Step]) -> Iterator[Step]:
    """The same path in absolute steps: M, L, Q and z alone."""
    x = y = cx = cy = 0.0  # the pen, and the last control point
    for step, at in steps:
        match step:
            case "h":
                at, step = (x + at[0], y), "L"
            case "v":
                at, step = (x, y + at[0]), "L"
            case "q":
                at, step = (x + at[0], y + at[1], x + at[2], y + at[3]), "Q"
            case "t":
                at, step = (2 * x - cx, 2 * y - cy, x + at[0], y + at[1]), "Q"
        if step == "Q":
            cx, cy = at[:2]
        if at:
            x, y = at[-2:]
        yield step, at


def _before(a: Point, b: Point, by: float) -> Point:
    """The point `by` before the end of a level or upright line."""
    length = _far(a, b) or 1.0
    return b[0] - (b[0] - a[0]) / length * by, b[1] - (b[1] - a[1]) / length * by


def _far(a: Point, b: Point) -> float:
    return max(abs(a[0] - b[0]), abs(a[1] - b[1]))
