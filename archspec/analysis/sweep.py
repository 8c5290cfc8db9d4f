"""Many variants of one spec at once: every point of a grid of settings, shaped and costed, the best of them marked."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

from archspec.analysis.report import giga
from archspec.errors import Mark, Problem, Source, SpecError, nearest
from archspec.language import document
from archspec.language.budget import activations
from archspec.language.expression import ExpressionError, evaluate
from archspec.language.find import SpecFile, open_spec, resolve
from archspec.language.load import graph_of, settings
from archspec.language.overlay import overlay_of
from archspec.language.words.use import beside

FORMATS = ("text", "md", "csv")
FRONT = "macs,-params"
MEASURES = ("params", "macs", "activations", "trainable", "frozen", "buffers")
MOST_POINTS = 100_000


@dataclass(frozen=True, slots=True)
class Axis:
    """One value that is swept: its dotted path, and the texts that it is set to, one after the other."""

    path: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """One combination: its settings by path, and what it costs – or why it cannot exist, or is not wanted."""

    settings: Mapping[str, Any]
    cost: Mapping[str, int]
    problems: tuple[Problem, ...] = ()
    wanted: bool = True  # what `where` says
    best: bool = False  # on the Pareto front

    @property
    def kept(self) -> bool:
        return self.wanted and not self.problems

    @property
    def reason(self) -> str | None:
        """Why the point is not kept."""
        if self.problems:
            return self.problems[0].message
        return None if self.wanted else "outside of where"

    def json(self) -> dict[str, Any]:
        return {"settings": dict(self.settings), **self.cost, "kept": self.kept, "best": self.best,
                "reason": self.reason, "problems": [problem.json() for problem in self.problems]}  # fmt: skip


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
        names = self._names()
        if format == "csv":
            return self._csv(names)
        heads = [*names, "params", "MACs", ""]
        rows = [
            [*(_short(value) for value in point.settings.values()), f"{point.cost['params']:,}",
             giga(point.cost["macs"]), "★" if point.best else ""]
            for point in self.kept
        ]  # fmt: skip
        told = [*self._footnotes()]
        if format == "md":
            ruler = [*["---"] * len(names), "---:", "---:", ":---:"]
            lines = [f"| {' | '.join(row)} |" for row in (heads, ruler, *rows)]
            return "\n".join([*lines, "", *told]) + "\n"
        widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                 for row in (heads, *rows)]  # fmt: skip
        return "\n".join([*(lines if rows else []), *([""] if rows else []), *told]) + "\n"

    def __str__(self) -> str:
        return self.text()

    def write(self, folder: Path) -> list[Path]:
        """Each kept point as a spec that extends this one and expects its own costs; the files written."""
        folder.mkdir(parents=True, exist_ok=True)
        target = self._target(folder)
        stem = re.sub(r"[^A-Za-z0-9_.-]", "_", self.variant or self.spec.default or self.spec.path.stem)[:80]
        width = len(str(len(self.kept)))
        files = []
        for number, point in enumerate(self.kept, 1):
            name = f"{stem}-{number:0{width}}"
            data: dict[str, Any] = {"archspec": 1, "name": name, "extends": target}
            for path, value in point.settings.items():
                _set(data, path.split("."), value)
            data["expect"] = {"params": point.cost["params"], "macs": point.cost["macs"]}
            files.append(folder / f"{name}.yaml")
            files[-1].write_text(document.dump(data), encoding="utf-8")
        return files

    def _target(self, folder: Path) -> str:
        """What the written specs extend: the file itself where it lies near, else a copy of what it comes to."""
        chosen = self.variant or self.spec.default
        way = os.path.relpath(self.spec.path, folder)
        leaf = document.value(Source("-o", "here"))
        try:
            beside(folder / "point.yaml", way, leaf)  # type: ignore[arg-type]
            return f"{way}#{chosen}" if chosen else way
        except SpecError:
            pass
        tree = resolve(self.spec, self.variant)
        if "use" in tree.entries:
            message = f"{self.spec.path} uses files beside it, and {folder} is too far from them"
            raise SpecError(Problem("file-outside", message, help="choose a folder beside the spec")) from None
        gone = ("variants", "default", "expect", "weights", "extends")
        data = {key: value for key, value in document.plain(tree).items() if key not in gone}
        (folder / self.spec.path.name).write_text(document.dump(data), encoding="utf-8")
        return self.spec.path.name

    def _names(self) -> list[str]:
        """The last words of the paths, as many as tell them apart."""
        paths = [axis.path.split(".") for axis in self.axes]
        words = 1
        while len({tuple(path[-words:]) for path in paths}) < len({tuple(path) for path in paths}):
            words += 1
        return [".".join(path[-words:]) for path in paths]

    def _footnotes(self) -> Iterator[str]:
        kept, all_ = len(self.kept), len(self.points)
        best = sum(point.best for point in self.kept)
        yield f"{kept:,} of {all_:,} points" + (
            f", {best} on the Pareto front ★ ({_front_said(self.front)})" if best else ""
        )
        unwanted = sum(not point.wanted for point in self.points)
        if unwanted:
            yield f"{unwanted:,} outside of where"
        reasons: dict[str, list[Point]] = {}
        for point in self.points:
            if point.problems:
                reasons.setdefault(point.problems[0].code, []).append(point)
        for code, points in sorted(reasons.items(), key=lambda item: -len(item[1])):
            said = ", ".join(f"{name}={_short(value)}" for name, value in
                             zip(self._names(), points[0].settings.values(), strict=True))  # fmt: skip
            yield f"{len(points):,} cannot exist [{code}], such as {said}: {points[0].reason}"

    def _csv(self, names: list[str]) -> str:
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([*names, *MEASURES, "kept", "best", "reason"])
        for point in self.points:
            numbers = [point.cost.get(name, "") for name in MEASURES]
            values = [_short(value) for value in point.settings.values()]
            writer.writerow([*values, *numbers, int(point.kept), int(point.best), point.reason or ""])
        return out.getvalue()


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
    a minus, large. `overrides` hold for all points. `progress` hears each point's
    settings before it is tried.
    """
    axes = tuple(axes_of(grid))
    count = prod(len(axis.values) for axis in axes)
    if count > MOST_POINTS:
        raise _usage(" ".join(axis.path for axis in axes), f"{count:,} points are more than {MOST_POINTS:,}")
    wishes = _wishes(pareto)
    found = open_spec(spec)
    chosen = variant or found.variant
    fixed = settings(overrides)
    made = []
    for texts in product(*(axis.values for axis in axes)):
        given = [f"{axis.path}={text}" for axis, text in zip(axes, texts, strict=True)]
        if progress:
            progress(" ".join(given))
        made.append(_point(found, chosen, fixed, given, where, allow_python))
    return Sweep(found, chosen, axes, tuple(_marked(made, wishes)), pareto)


def axes_of(grid: Mapping[str, Iterable[Any]] | Iterable[str]) -> Iterator[Axis]:
    """The axes of a grid; a text is `path=` and values by commas, or ranges: `8..16..2`, `256,384`, `[1,2],[3]`."""
    if isinstance(grid, Mapping):
        for path, values in grid.items():
            yield Axis(path, tuple(document.dump(value).strip() for value in values))
        return
    for setting in grid:
        path, equals, text = setting.partition("=")
        values = tuple(value for part in _alternatives(text) for value in _ranged(setting, part))
        if not equals or not all(values) or not values:
            raise _usage(
                setting, "a sweep sets a path to several values", "path=8..16, path=256,384 or path=[1,2],[3,4]"
            )
        yield Axis(path.strip(), values)


def front(costs: Sequence[Sequence[float]]) -> list[bool]:
    """Which points no other one beats: better in one measure, and worse in none. Small is good."""
    order = sorted(range(len(costs)), key=lambda at: tuple(costs[at]))
    best: list[int] = []
    for at in order:  # whatever beats a point stands before it in this order
        if not any(_beats(costs[other], costs[at]) for other in best):
            best.append(at)
    return [at in set(best) for at in range(len(costs))]


def _beats(a: Sequence[float], b: Sequence[float]) -> bool:
    return tuple(a) != tuple(b) and all(x <= y for x, y in zip(a, b, strict=True))


def _point(
    found: SpecFile, variant: str | None, fixed: list[str], given: list[str], where: str | None, allow_python: bool
) -> Point:
    values = {text.partition("=")[0].strip(): document.plain(_leaf(text)) for text in given}
    try:
        graph = graph_of(found, variant, [*fixed, *given], allow_python=allow_python)
    except SpecError as error:
        return Point(values, {}, error.problems)
    total = graph.cost
    cost = {"params": total.params, "macs": total.macs, "activations": activations(graph),
            "trainable": total.params - total.frozen, "frozen": total.frozen, "buffers": total.buffers}  # fmt: skip
    return Point(values, cost, wanted=where is None or _wanted(where, values, cost))


def _wanted(where: str, values: Mapping[str, Any], cost: Mapping[str, int]) -> bool:
    names = {**{path.rpartition(".")[2]: value for path, value in values.items()}, **cost}
    try:
        found = evaluate(f"$({where})", names)
    except ExpressionError as error:
        at = max(0, error.offset - 2)
        raise _usage(where, str(error), error.help, "--where", at, max(1, error.width)) from None
    if not isinstance(found, bool):
        raise _usage(where, f"{where} is {found!r}, not true or false", "compare, as in params <= 25e6", "--where")
    return found


def _marked(points: list[Point], wishes: list[tuple[str, int]]) -> list[Point]:
    kept = [at for at, point in enumerate(points) if point.kept]
    best = front([[sign * points[at].cost[name] for name, sign in wishes] for at in kept])
    stars = {at for at, is_best in zip(kept, best, strict=True) if is_best}
    return [replace(point, best=at in stars) for at, point in enumerate(points)]


def _wishes(pareto: str) -> list[tuple[str, int]]:
    """`macs,-params` as measures with a sign: 1 for small, -1 for large."""
    found = [(word.strip().lstrip("-"), -1 if word.strip().startswith("-") else 1) for word in pareto.split(",")]
    for name, _ in found:
        if name not in MEASURES:
            raise _usage(
                pareto, f"there is no measure {name}", nearest(name, MEASURES) or ", ".join(MEASURES), "--pareto"
            )
    return found


def _front_said(pareto: str) -> str:
    return ", ".join(
        f"{'many' if sign < 0 else 'few'} {'MACs' if name == 'macs' else name}" for name, sign in _wishes(pareto)
    )


def _alternatives(text: str) -> Iterator[str]:
    """The parts between commas that stand in no bracket and no quotes."""
    depth, quote, start = 0, "", 0
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "," and not depth:
            yield text[start:at].strip()
            start = at + 1
        else:
            depth += (char in "([{") - (char in ")]}")
    yield text[start:].strip()


def _ranged(setting: str, text: str) -> Iterator[str]:
    match = re.fullmatch(r"(-?\d{1,12})\.\.(-?\d{1,12})(?:\.\.(-?\d{1,12}))?", text)
    if not match:
        yield text
        return
    first, last, step = int(match[1]), int(match[2]), int(match[3] or 1)
    values = range(first, last + (1 if step > 0 else -1), step) if step else range(0)
    if not 0 < len(values) <= MOST_POINTS:
        raise _usage(setting, f"{text} makes {len(values):,} values", "say first..last or first..last..step")
    yield from map(str, values)


def _leaf(setting: str) -> document.Tree:
    tree: document.Tree = overlay_of(setting)
    for _ in setting.partition("=")[0].split("."):
        assert isinstance(tree, document.Fields)
        (tree,) = tree.entries.values()
    return tree


def _set(data: dict[str, Any], words: list[str], value: Any) -> None:
    for word in words[:-1]:
        data = data.setdefault(word.strip(), {})
    data[words[-1].strip()] = value


def _short(value: Any) -> str:
    return document.dump(value).strip() if not isinstance(value, dict) else document.dump({"_": value}).strip()[3:]


def _usage(
    text: str, message: str, help: str | None = None, name: str = "--set", start: int = 0, width: int | None = None
) -> SpecError:
    source = Source(name, text)
    mark = Mark(source, 1, start + 1, 1, start + 1 + (len(text) if width is None else width))
    return SpecError(Problem("usage-sweep", message, mark, help=help))
