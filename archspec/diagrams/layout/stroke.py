"""The geometry of a wire: rounded corners, and the head of its arrow."""

from __future__ import annotations

from collections.abc import Iterator

Point = tuple[float, float]

RADIUS = 7.0


def corners(points: list[Point]) -> Iterator[tuple[Point, Point, Point]]:
    """Every corner as a curve: where it starts, the corner itself, where it ends."""
    last = len(points) - 2
    for place in range(1, len(points) - 1):
        a, b, c = points[place - 1 : place + 2]
        room = min(_far(a, b) / (1 if place == 1 else 2), _far(b, c) / (1 if place == last else 2), RADIUS)
        yield _before(a, b, room), b, _before(c, b, room)


def shorter(points: list[Point]) -> list[Point]:
    """The line as far as into its head."""
    return [*points[:-1], _before(points[-2], points[-1], 6.0)]


def head(points: list[Point]) -> list[Point]:
    """The three corners of an arrow's head at the end of a line."""
    (x, y), (left, top) = points[-1], _before(points[-2], points[-1], 7.0)
    dx, dy = (x - left) / 7 * 3.4, (y - top) / 7 * 3.4
    return [(x, y), (left - dy, top + dx), (left + dy, top - dx)]


def _before(a: Point, b: Point, by: float) -> Point:
    """The point `by` before the end of a level or upright line."""
    length = _far(a, b) or 1.0
    return b[0] - (b[0] - a[0]) / length * by, b[1] - (b[1] - a[1]) / length * by


def _far(a: Point, b: Point) -> float:
    return max(abs(a[0] - b[0]), abs(a[1] - b[1]))
