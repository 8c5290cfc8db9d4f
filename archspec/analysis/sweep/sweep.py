"""A sweep: every point of a grid of settings, in its order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from archspec.analysis.sweep.front import FRONT, front, goals_of
from archspec.analysis.sweep.grid import MOST_POINTS, Axis, axes_of
from archspec.analysis.sweep.point import Point, try_point
from archspec.analysis.sweep.specs import write_specs
from archspec.analysis.sweep.text import text_of
from archspec.analysis.sweep.usage import usage_error
from archspec.language import SpecFile, open_spec, settings


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """Every point of a grid, in its order; `str()` is a table of those that were kept."""

    spec: SpecFile
    variant: str | None
    axes: tuple[Axis, ...]
    points: tuple[Point, ...]
    front: str = FRONT

    @property
    def kept(self) -> list[Point]:
        """The points that exist and are wanted."""
        return [point for point in self.points if point.kept]

    def json(self) -> dict[str, Any]:
        """Every point, the rejected ones with their reasons."""
        return {
            "spec": str(self.spec.path),
            "variant": self.variant or self.spec.default,
            "pareto": self.front,
            "points": [point.json() for point in self.points],
        }

    def text(self, format: str = "text") -> str:
        """A table; the Pareto front is marked with a star, rejected points are counted by reason below."""
        return text_of(self, format)

    def __str__(self) -> str:
        return self.text()

    def write(self, folder: Path) -> list[Path]:
        """Each kept point as a spec that extends this one and expects its own costs; the files written.

        Raises a SpecError where the spec uses files that cannot be reached from the folder.
        """
        return write_specs(self, folder)


def sweep(
    spec: str | Path,
    grid: Mapping[str, Iterable[Any]] | Iterable[str],
    where: str | None = None,
    variant: str | None = None,
    overrides: Iterable[str] | dict[str, Any] | None = None,
    *,
    pareto: str = FRONT,
    allow_python: bool = False,
    progress: Callable[[str], None] | None = None,
) -> Sweep:
    """Try every combination of a grid: `{"graph.stage3.repeat": range(8, 17)}`, or texts as `--set` takes them.

    `where` keeps points by an expression over the measures (params, macs, activations, trainable, frozen, buffers) and
    the swept values' last names: `params <= 25e6 and macs < 5e9`. `pareto` names measures that should be small or, with
    a minus, large. `overrides` hold for all points. `progress` is called with each point's settings before it is tried.

    Raises a SpecError for a grid, `where` or `pareto` that says nothing, and for a spec that cannot be opened; what is
    wrong with a single point is kept in that point.
    """
    axes = tuple(axes_of(grid))
    count = prod(len(axis.values) for axis in axes)
    if count > MOST_POINTS:
        raise usage_error(" ".join(axis.path for axis in axes), f"{count:,} points are more than {MOST_POINTS:,}")
    goals = goals_of(pareto)
    file = open_spec(spec)
    chosen = variant or file.variant
    fixed = settings(overrides)
    points = []
    for values in product(*(axis.values for axis in axes)):
        assignments = [f"{axis.path}={value}" for axis, value in zip(axes, values, strict=True)]
        if progress:
            progress(" ".join(assignments))
        points.append(try_point(file, chosen, fixed, assignments, where, allow_python))
    return Sweep(file, chosen, axes, tuple(_mark_best(points, goals)), pareto)


def _mark_best(points: list[Point], goals: list[tuple[str, int]]) -> list[Point]:
    kept = [index for index, point in enumerate(points) if point.kept]
    is_best = front([[sign * points[index].cost[name] for name, sign in goals] for index in kept])
    best = {index for index, flag in zip(kept, is_best, strict=True) if flag}
    return [replace(point, best=index in best) for index, point in enumerate(points)]
