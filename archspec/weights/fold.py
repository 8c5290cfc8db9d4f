"""Entries that differ in the numbers of their names only, as one row: `blocks.{0..11}.norm1.weight`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from archspec.errors import printable
from archspec.graph import fold_paths
from archspec.weights.error import shown

if TYPE_CHECKING:
    from archspec.weights.report import Entry

MOST_DIGITS = 10  # more are no number of a layer
Cells = tuple[str, str, str, str]


def folded_rows(entries: Iterable[Entry]) -> list[Cells]:
    """Status, model names, source names and note of entries, folded where no combination of numbers is missing."""
    alike = _grouped(entries, lambda entry: tuple(map(_pattern, _names(entry))))
    groups = [part for group in alike for part in ([group] if _is_full(group) else _split(group))]
    return [_row(group) for group in groups]


def _row(group: list[Entry]) -> Cells:
    names = [fold_paths(column, _show_numbers) for column in zip(*map(_names, group), strict=True)]
    return group[0].status, shown(names[0]), ", ".join(map(shown, names[1:])), printable(group[0].note)


def _names(entry: Entry) -> tuple[str, ...]:
    return (entry.ours or "", *entry.theirs)


def _split(group: list[Entry]) -> list[list[Entry]]:
    """A group that lacks combinations, by all its numbers but the last."""
    parts = _grouped(group, lambda entry: _numbers(_names(entry)[entry.ours is None])[:-1])
    return [piece for part in parts for piece in ([part] if _is_full(part) else [[entry] for entry in part])]


def _grouped(entries: Iterable[Entry], key: Callable[[Entry], Any]) -> list[list[Entry]]:
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(repr((entry.status, entry.note, key(entry))), []).append(entry)
    return list(groups.values())


def _is_full(group: list[Entry]) -> bool:
    """Whether a group's names have every combination of their numbers."""
    for column in zip(*map(_names, group), strict=True):
        numbers = [_numbers(name) for name in column]
        if len(set(numbers)) != math.prod(len(set(place)) for place in zip(*numbers, strict=True)):
            return False
    return True


def _numbers(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split(".") if _is_number(part))


def _pattern(name: str) -> str:
    return ".".join("#" if _is_number(part) else part for part in name.split("."))


def _is_number(part: str) -> bool:
    return len(part) < MOST_DIGITS and part.isdecimal()


def _show_numbers(values: Sequence[str]) -> str:
    """`{0..11}` for numbers without a gap, otherwise `{0,2}`."""
    numbers = sorted(set(map(int, values)))
    if numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{{{numbers[0]}..{numbers[-1]}}}"
    return "{" + ",".join(map(str, numbers)) + "}"
