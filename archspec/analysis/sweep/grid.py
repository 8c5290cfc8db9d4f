"""The grid of a sweep: axes from Python values or from texts as `--set` takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from archspec.analysis.sweep.usage import usage_error
from archspec.language import document

MOST_POINTS = 100_000
_RANGE = re.compile(r"(-?\d{1,12})\.\.(-?\d{1,12})(?:\.\.(-?\d{1,12}))?")


@dataclass(frozen=True, slots=True)
class Axis:
    """One value that is swept: its dotted path, and the texts that it is set to, one after the other."""

    path: str
    values: tuple[str, ...]


def axes_of(grid: Mapping[str, Iterable[Any]] | Iterable[str]) -> Iterator[Axis]:
    """The axes of a grid; a text is `path=` and values by commas, or ranges: `8..16..2`, `256,384`, `[1,2],[3]`.

    Raises a SpecError for a text without values.
    """
    if isinstance(grid, Mapping):
        for path, values in grid.items():
            yield Axis(path, tuple(document.dump(value).strip() for value in values))
        return
    for setting in grid:
        path, equals, text = setting.partition("=")
        texts = tuple(value for part in _alternatives(text) for value in _range(setting, part))
        if not equals or not all(texts):
            help = "path=8..16, path=256,384 or path=[1,2],[3,4]"
            raise usage_error(setting, "a sweep sets a path to several values", help)
        yield Axis(path.strip(), texts)


def last_words(axes: Iterable[Axis]) -> list[str]:
    """The last words of the axes' paths, as many as tell them apart: what a table heads its columns with."""
    paths = [axis.path.split(".") for axis in axes]
    words = 1
    while len({tuple(path[-words:]) for path in paths}) < len({tuple(path) for path in paths}):
        words += 1
    return [".".join(path[-words:]) for path in paths]


def _alternatives(text: str) -> Iterator[str]:
    """The parts between commas that stand in no bracket and no quotes."""
    depth, quote, start = 0, "", 0
    for index, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "," and not depth:
            yield text[start:index].strip()
            start = index + 1
        else:
            depth += (char in "([{") - (char in ")]}")
    yield text[start:].strip()


def _range(setting: str, text: str) -> Iterator[str]:
    """The numbers of `first..last` or `first..last..step`, both ends included; any other text is itself."""
    match = _RANGE.fullmatch(text)
    if not match:
        yield text
        return
    first, last, step = int(match[1]), int(match[2]), int(match[3] or 1)
    values = range(first, last + (1 if step > 0 else -1), step) if step else range(0)
    if not 0 < len(values) <= MOST_POINTS:
        raise usage_error(setting, f"{text} makes {len(values):,} values", "say first..last or first..last..step")
    yield from map(str, values)
