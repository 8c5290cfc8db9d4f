"""Entries that differ in the numbers of their names only, as one row: `blocks.{0..11}.norm1.weight`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archspec.weights.report import Entry

Cells = tuple[str, str, str, str]
_NUMBER = re.compile(r"(?<![^.])[0-9]+(?![^.])")  # a whole component


def folded_rows(entries: Iterable[Entry]) -> list[Cells]:
    """Status, model names, source names and note of entries, folded where no combination of numbers is missing."""
    alike = _grouped(entries, lambda entry: tuple(_NUMBER.sub("#", name) for name in _names(entry)))
    groups = [part for group in alike for part in ([group] if _is_full(group) else _split(group))]
    return [_row(group) for group in groups]


def _row(group: list[Entry]) -> Cells:
    names = [_fold([name for name in column if name]) for column in zip(*map(_names, group), strict=True)]
    return group[0].status, names[0], ", ".join(names[1:]), group[0].note


def _names(entry: Entry) -> tuple[str, ...]:
    return (entry.ours or "", *entry.theirs)


def _split(group: list[Entry]) -> list[list[Entry]]:
    """A group that lacks combinations, by all its numbers but the last."""
    parts = _grouped(group, lambda entry: _NUMBER.findall(_names(entry)[entry.ours is None])[:-1])
    return [piece for part in parts for piece in ([part] if _is_full(part) else [[entry] for entry in part])]


def _grouped(entries: Iterable[Entry], key: Callable[[Entry], Any]) -> list[list[Entry]]:
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(repr((entry.status, entry.note, key(entry))), []).append(entry)
    return list(groups.values())


def _is_full(group: list[Entry]) -> bool:
    """Whether a group's names have every combination of their numbers."""
    for column in zip(*map(_names, group), strict=True):
        numbers = [tuple(map(int, _NUMBER.findall(name))) for name in column]
        if set(numbers) != set(product(*map(set, zip(*numbers, strict=True)))):
            return False
    return True


def _fold(names: list[str]) -> str:
    """`blocks.0.x`, `blocks.1.x` → `blocks.{0..1}.x`."""
    if not names:
        return ""
    columns = iter(zip(*(map(int, _NUMBER.findall(name)) for name in names), strict=True))
    return _NUMBER.sub(lambda _: _span(sorted(set(next(columns)))), names[0])


def _span(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return str(numbers[0])
    if numbers == list(range(numbers[0], numbers[-1] + 1)):
        return f"{{{numbers[0]}..{numbers[-1]}}}"
    return "{" + ",".join(map(str, numbers)) + "}"
