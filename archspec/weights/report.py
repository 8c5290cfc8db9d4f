"""What became of every tensor when weights were loaded, or would become."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

FITTING = ("MATCHED", "RENAMED", "SPLIT", "RESIZED")
"""Filled from theirs: under the same name, under another, out of several or as a part of one, resampled."""
FAULTS = ("SHAPE", "MISSING", "UNEXPECTED")
"""Theirs has another shape, is not there, or has no place with us."""
STATUSES = (*FAULTS, *FITTING, "KEPT", "DROPPED")
"""KEPT: ours that was allowed to miss; DROPPED: theirs that is not wanted."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One of our tensors, or one of theirs that makes none of ours."""

    status: str
    ours: str | None
    theirs: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    note: str = ""

    @property
    def numel(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class LoadReport:
    """Entries in our order, then theirs that are left over; `str()` is a table, folded, and `json()` has them all."""

    model: str
    file: str
    source: str
    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.status in FAULTS)

    @property
    def params(self) -> int:
        """Elements of all our tensors."""
        return sum(entry.numel for entry in self.entries if entry.ours)

    @property
    def filled(self) -> int:
        """Elements of ours that the file fills."""
        return sum(entry.numel for entry in self.entries if entry.status in FITTING)

    @property
    def summary(self) -> str:
        counts = Counter(entry.status for entry in self.entries)
        told = ", ".join(f"{counts[status]} {status.lower()}" for status in STATUSES if counts[status])
        share = math.floor(1000 * self.filled / max(1, self.params)) / 10  # 100 % is all of them
        return f"{self.model} ← {self.file} ({self.source}): {share:.1f} % of {self.params:,} values filled; {told}"

    def json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "model": self.model,
            "file": self.file,
            "source": self.source,
            "values": self.params,
            "filled": self.filled,
            "entries": [
                {
                    "status": entry.status,
                    "ours": entry.ours,
                    "theirs": list(entry.theirs),
                    "shape": list(entry.shape),
                    "note": entry.note,
                }
                for entry in self.entries
            ],
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }

    def rows(self, statuses: Iterable[str] = STATUSES) -> list[tuple[str, str, str, str]]:
        """Status, ours, theirs, note; faults first, names that differ in numbers only folded into one."""
        order = list(statuses)
        entries = sorted((entry for entry in self.entries if entry.status in order),
                         key=lambda entry: order.index(entry.status))  # fmt: skip
        return [_row(group) for group in _folded(entries)]

    def table(self, statuses: Iterable[str] = STATUSES) -> list[str]:
        """The rows as lines, in columns."""
        rows = self.rows(statuses)
        widths = [min(60, max((len(row[column]) for row in rows), default=0)) for column in range(3)]
        return ["  ".join((*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3])).rstrip()
                for row in rows]  # fmt: skip

    def __str__(self) -> str:
        notes = [f"note: {note}" for note in self.notes]
        warnings = [f"warning: {warning}" for warning in self.warnings]
        return "\n".join([self.summary, *self.table(), *notes, *warnings])


def _row(group: list[Entry]) -> tuple[str, str, str, str]:
    names = [_fold([name for name in column if name]) for column in zip(*map(_names, group), strict=True)]
    return group[0].status, names[0], ", ".join(names[1:]), group[0].note


def _names(entry: Entry) -> tuple[str, ...]:
    return (entry.ours or "", *entry.theirs)


_NUMBER = re.compile(r"(?<![^.])[0-9]+(?![^.])")


def _folded(entries: list[Entry]) -> list[list[Entry]]:
    """Entries that are the same but for numbers, together; a group lacks no combination of its numbers."""
    alike = _grouped(entries, lambda entry: tuple(_NUMBER.sub("#", name) for name in _names(entry)))
    return [part for group in alike for part in ([group] if _is_full(group) else _split(group))]


def _split(group: list[Entry]) -> list[list[Entry]]:
    """A group that lacks combinations, by all its numbers but the last."""
    parts = _grouped(group, lambda entry: _NUMBER.findall(_names(entry)[entry.ours is None])[:-1])
    return [piece for part in parts for piece in ([part] if _is_full(part) else [[entry] for entry in part])]


def _grouped(entries: list[Entry], key: Callable[[Entry], Any]) -> list[list[Entry]]:
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(repr((entry.status, entry.note, key(entry))), []).append(entry)
    return list(groups.values())


def _is_full(group: list[Entry]) -> bool:
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
