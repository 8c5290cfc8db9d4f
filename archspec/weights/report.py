"""What became of every tensor when weights were loaded, or would become."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from archspec.analysis import aligned
from archspec.errors import printable
from archspec.weights.fold import Cells, folded_rows

FITTING = ("MATCHED", "RENAMED", "SPLIT", "RESIZED")
"""Filled from the source: under the same name, under another, out of several or as a part of one, resampled."""
FAULTS = ("SHAPE", "KIND", "MISSING", "UNEXPECTED")
"""The source tensor has another shape, a kind of numbers that the model cannot hold, is missing, or matches no
parameter."""
STATUSES = (*FAULTS, *FITTING, "KEPT", "DROPPED")
"""KEPT: a model tensor that was allowed to be missing; DROPPED: a source tensor that is not wanted."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A model tensor (`ours`) and the source tensors (`theirs`) that make it, or a source tensor that makes none."""

    status: str
    ours: str | None
    theirs: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    note: str = ""

    @property
    def numel(self) -> int:
        """How many elements the tensor has."""
        return math.prod(self.shape)

    def json(self) -> dict[str, Any]:
        """The entry as plain data."""
        return {
            "status": self.status,
            "ours": self.ours,
            "theirs": list(self.theirs),
            "shape": list(self.shape),
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class LoadReport:
    """Entries in the model's order, then the source's that are left over.

    `str()` is a table, folded, and `json()` has every entry.
    """

    model: str
    file: str
    source: str
    entries: tuple[Entry, ...]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[Entry, ...]:
        """The entries that `strict` does not allow."""
        return tuple(entry for entry in self.entries if entry.status in FAULTS)

    @property
    def params(self) -> int:
        """Elements of all the model's tensors."""
        return sum(entry.numel for entry in self.entries if entry.ours)

    @property
    def filled(self) -> int:
        """Elements of the model's tensors that the file fills."""
        return sum(entry.numel for entry in self.entries if entry.status in FITTING)

    @property
    def summary(self) -> str:
        """One line: how much of the model is filled, and how many tensors have which status."""
        counts = Counter(entry.status for entry in self.entries)
        statuses = ", ".join(f"{counts[status]} {status.lower()}" for status in STATUSES if counts[status])
        share = math.floor(1000 * self.filled / max(1, self.params)) / 10  # 100 % is all of them
        title = printable(f"{self.model} ← {self.file} ({self.source})")
        return f"{title}: {share:.1f} % of {self.params:,} values filled; {statuses}"

    def json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "model": self.model,
            "file": self.file,
            "source": self.source,
            "values": self.params,
            "filled": self.filled,
            "entries": [entry.json() for entry in self.entries],
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }

    def rows(self, statuses: Iterable[str] = STATUSES) -> list[Cells]:
        """Status, model names, source names, note; faults first, names that differ in numbers only folded into one."""
        order = list(statuses)
        entries = [entry for entry in self.entries if entry.status in order]
        return folded_rows(sorted(entries, key=lambda entry: order.index(entry.status)))

    def table(self, statuses: Iterable[str] = STATUSES) -> list[str]:
        """The rows as lines, in columns."""
        return list(aligned(self.rows(statuses), widest=60))

    def __str__(self) -> str:
        notes = [f"note: {printable(note)}" for note in self.notes]
        warnings = [f"warning: {printable(warning)}" for warning in self.warnings]
        return "\n".join([self.summary, *self.table(), *notes, *warnings])
