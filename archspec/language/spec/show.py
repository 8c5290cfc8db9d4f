"""Values as messages quote them."""

from __future__ import annotations

from typing import Any

from archspec.errors import listing
from archspec.graph.block import Block
from archspec.language.document import Fields, Items, Leaf, Tree

_WIDEST = 80


def show(value: Tree | Any) -> str:
    """A value of a document: a scalar as it is, a list by its length, a mapping by its keys."""
    if isinstance(value, Fields):
        return f"a mapping with {listing(value.entries, 6)}" if value.entries else "an empty mapping"
    if isinstance(value, Items):
        return f"a list of {len(value.items)}"
    scalar = value.value if isinstance(value, Leaf) else value
    if scalar is None or isinstance(scalar, bool):
        return {None: "null", True: "true", False: "false"}[scalar]
    text = repr(scalar)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}…"


def show_value(value: Any) -> str:
    """A value that an expression gave: a block by its word, a list with its first items."""
    if isinstance(value, Block):
        return f"the block {value.word}"
    if isinstance(value, tuple | list):
        return f"[{listing([show(item) for item in value], 8)}]"
    if isinstance(value, dict):
        return f"a mapping with {listing(value, 6)}"
    return show(value)
