"""A sweep as a table, with footnotes that count what was not kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from archspec.analysis.sweep.front import MEASURES, goals_text
from archspec.analysis.sweep.grid import last_words
from archspec.analysis.sweep.point import Point
from archspec.analysis.table import Column, Table
from archspec.graph import show_macs
from archspec.language.document.write import dump

if TYPE_CHECKING:
    from archspec.analysis.sweep.sweep import Sweep


def text_of(sweep: Sweep, format: str = "text") -> str:
    """The kept points as `text` or `md`, the front with a star; every point with its reason as `csv`."""
    names = last_words(sweep.axes)
    if format == "csv":
        columns = tuple(map(Column, (*names, *MEASURES, "kept", "best", "reason")))
        return Table(columns, tuple(map(_csv_cells, sweep.points))).csv()
    columns = (
        *(Column(name, "right", ruler=" --- ") for name in names),
        Column("params", "right", ruler=" ---: "),
        Column("MACs", "right", ruler=" ---: "),
        Column("", "right", ruler=" :---: "),
    )
    return Table(columns, tuple(map(_cells, sweep.kept)), notes=tuple(_footnotes(sweep, names))).render(format)


def _cells(point: Point) -> tuple[str, ...]:
    star = "★" if point.best else ""
    return *map(_yaml, point.settings.values()), f"{point.cost['params']:,}", show_macs(point.cost["macs"]), star


def _csv_cells(point: Point) -> tuple[Any, ...]:
    costs = [point.cost.get(name) for name in MEASURES]
    return *map(_yaml, point.settings.values()), *costs, int(point.kept), int(point.best), point.reason


def _footnotes(sweep: Sweep, names: list[str]) -> Iterator[str]:
    best = sum(point.best for point in sweep.kept)
    front = f", {best} on the Pareto front ★ ({goals_text(sweep.front)})" if best else ""
    yield f"{len(sweep.kept):,} of {len(sweep.points):,} points{front}"
    unwanted = sum(not point.wanted for point in sweep.points)
    if unwanted:
        yield f"{unwanted:,} outside of where"
    by_code: dict[str, list[Point]] = {}
    for point in sweep.points:
        if point.problems:
            by_code.setdefault(point.problems[0].code, []).append(point)
    for code, points in sorted(by_code.items(), key=lambda item: -len(item[1])):
        values = points[0].settings.values()
        settings = ", ".join(f"{name}={_yaml(value)}" for name, value in zip(names, values, strict=True))
        yield f"{len(points):,} cannot exist [{code}], such as {settings}: {points[0].reason}"


def _yaml(value: Any) -> str:
    """A value on one line; a mapping is written in braces, which it is below another key."""
    return dump(value).strip() if not isinstance(value, dict) else dump({"_": value}).strip()[3:]
