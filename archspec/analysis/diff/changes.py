"""What lies between two descriptions: fields that changed, nodes that moved."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from archspec.analysis.diff.describe import Entries, Entry


def changed_fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Keys whose values differ, with both values; those inside slots by dotted path where the block stays the same."""
    changes: dict[str, tuple[Any, Any]] = {}
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict) and old.get("block") == new.get("block"):
            changes |= {f"{name}.{field}": pair for field, pair in changed_fields(old, new).items()}
        elif old != new:
            changes[name] = (old, new)
    return changes


def moves(before: Entries, after: Entries) -> dict[str, str]:
    """From a path of A to one of B: the same node elsewhere or under another name; to itself: in another order."""
    targets: dict[str, str] = {}
    added: dict[str, list[str]] = {}
    for path, entry in after.items():
        if path not in before:
            added.setdefault(_identity(entry), []).append(path)
    for path, entry in before.items():
        if path not in after and (candidates := added.get(_identity(entry))):
            name = path.rpartition(".")[2]
            targets[path] = next((other for other in candidates if other.rpartition(".")[2] == name), candidates[0])
            candidates.remove(targets[path])
    common = [path for path in before if path in after]
    places = {path: place for place, path in enumerate(after)}
    for _, group in groupby(sorted(common, key=parent), key=parent):
        siblings = sorted(group, key=common.index)
        targets |= {path: path for path in _out_of_order(siblings, [places[path] for path in siblings])}
    return targets


def parent(path: str) -> str:
    """The path of the node around a node; empty at the top."""
    return path.rpartition(".")[0]


def _identity(entry: Entry) -> str:
    """What makes a node the same one elsewhere: all but what it reads."""
    return json.dumps({name: value for name, value in entry.items() if name != "reads"}, sort_keys=True)


def _out_of_order(names: Sequence[str], places: Sequence[int]) -> list[str]:
    """The fewest names to remove so that the places of the others rise: all but a longest rising run."""
    ends: list[int] = []  # by length of a run: the last index of the run that ends lowest
    before: list[int | None] = []
    for index, place in enumerate(places):
        length = bisect_left(ends, place, key=places.__getitem__)
        before.append(ends[length - 1] if length else None)
        ends[length : length + 1] = [index]
    kept: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        kept.add(last)
        last = before[last]
    return [name for index, name in enumerate(names) if index not in kept]
