"""Two shaped graphs compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from archspec.analysis.diff.changes import changed_fields, moves
from archspec.analysis.diff.describe import Entries, describe, shapes_of
from archspec.analysis.diff.fitting import fitting
from archspec.analysis.diff.text import changes_of, text_of
from archspec.graph import Graph


@dataclass(frozen=True, eq=False)
class Diff:
    """The difference from graph A to graph B; false where there is none. `str()` is a text of it."""

    a: Graph
    b: Graph

    @cached_property
    def before(self) -> dict[str, Any]:
        """The description of A."""
        return describe(self.a)

    @cached_property
    def after(self) -> dict[str, Any]:
        """The description of B."""
        return describe(self.b)

    def __bool__(self) -> bool:
        return self.before != self.after or self.a.cost != self.b.cost

    @cached_property
    def removed(self) -> Entries:
        """Nodes of A alone."""
        return {path: entry for path, entry in self.before["nodes"].items() if path not in self.after["nodes"]}

    @cached_property
    def added(self) -> Entries:
        """Nodes of B alone."""
        return {path: entry for path, entry in self.after["nodes"].items() if path not in self.before["nodes"]}

    @cached_property
    def changed(self) -> dict[str, dict[str, tuple[Any, Any]]]:
        """By path and field: what it was and what it is; None where a side has no such field."""
        return {
            path: changed_fields(*entries) for path, entries in _differing(self.before["nodes"], self.after["nodes"])
        }

    @cached_property
    def moved(self) -> dict[str, str]:
        """From a path of A to one of B: the same node elsewhere or under another name; to itself: in another order."""
        return moves(self.before["nodes"], self.after["nodes"])

    @cached_property
    def shapes(self) -> dict[str, tuple[str, str]]:
        """Nodes and inputs of both sides that give another shape."""
        return dict(_differing(shapes_of(self.a), shapes_of(self.b)))

    @cached_property
    def fitting(self) -> tuple[int, int]:
        """How many of A's parameters load into B by path and shape – a leaf's all or none –, and how many A has."""
        return fitting(self.a, self.b)

    def json(self) -> dict[str, Any]:
        """Everything as plain data; B's description is A's with this applied."""
        before, after = self.before, self.after
        fit, total = self.fitting
        return {
            "equal": not self,
            "a": _head(self.a),
            "b": _head(self.b),
            "inputs": changed_fields(before["inputs"], after["inputs"]),
            "outputs": changed_fields(before["outputs"], after["outputs"]),
            "added": self.added,
            "removed": self.removed,
            "changed": self.changed,
            "moved": self.moved,
            "order": list(after["nodes"]),
            "shapes": self.shapes,
            "params": [self.a.cost.params, self.b.cost.params],
            "macs": [self.a.cost.macs, self.b.cost.macs],
            "weights": {"fit": fit, "of": total, "share": fit / total if total else 1.0},
        }

    def text(self, format: str = "text") -> str:
        """The difference for a reader, as text or Markdown."""
        return text_of(self, format)

    def changes(self) -> Iterator[tuple[str, str]]:
        """By path, a line for each field that changed; not what only follows from a neighbour that came or went."""
        return changes_of(self)

    def __str__(self) -> str:
        return self.text()


def diff(a: Graph, b: Graph) -> Diff:
    """The difference between two shaped graphs: `print(archspec.diff(load("cvt_13"), load("cvt_21")))`.

    Raises nothing.
    """
    return Diff(a, b)


def _differing(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Paths of both sides whose values differ, with both values."""
    for path, old in before.items():
        if path in after and old != after[path]:
            yield path, (old, after[path])


def _head(graph: Graph) -> dict[str, Any]:
    return {key: getattr(graph.origin, key, None) for key in ("file", "name", "variant", "hash")}
