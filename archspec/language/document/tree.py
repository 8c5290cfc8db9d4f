"""The tree of a document: scalars, lists and mappings, each with the place where it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from archspec.errors import Mark

Scalar = None | bool | int | float | str

MOST_LEVELS = 100
"""How deep the values of a document may be nested."""


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A scalar; `earlier` holds the trees that it replaced, oldest first."""

    value: Scalar
    mark: Mark
    plain: bool = True  # False when quoted
    earlier: tuple[Tree, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """A list of trees."""

    items: tuple[Tree, ...]
    mark: Mark
    earlier: tuple[Tree, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Fields:
    """Trees by name, in the order of the text, and the mark of each name."""

    entries: dict[str, Tree]
    keys: dict[str, Mark]
    mark: Mark
    earlier: tuple[Tree, ...] = ()


Tree = Leaf | Items | Fields


def plain(tree: Tree) -> Any:
    """The tree as Python data: dicts, lists and scalars."""
    if isinstance(tree, Fields):
        return {key: plain(item) for key, item in tree.entries.items()}
    return [plain(item) for item in tree.items] if isinstance(tree, Items) else tree.value


def locate(tree: Tree, path: Iterable[str | int]) -> Tree | None:
    """The tree at the end of a path of keys and list positions; None where the path leads nowhere."""
    at: Tree | None = tree
    for step in path:
        if isinstance(at, Fields):
            at = at.entries.get(str(step))
        elif isinstance(at, Items) and re.fullmatch("[0-9]{1,9}", str(step)):
            at = at.items[int(step)] if int(step) < len(at.items) else None
        else:
            return None
    return at
