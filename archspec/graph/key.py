"""The identity of a block: what tells it from every other, as something that can be hashed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from archspec.graph.block import Block

Key = tuple[Any, ...]
_SCALARS = frozenset({bool, int, float, str, type(None)})


def identity(block: Block, nested: Callable[[Block], Any] | None = None) -> Key:
    """A hashable key that two blocks share if and only if they are of one type, with equal values, equally set.

    Fields that somebody set differ from those that have the same value by default: the spec's defaults fill the latter.
    `nested` gives what stands for a block in a slot or in a tuple; without it that is the block's own key.
    """
    nested = nested or identity
    values = tuple([_hashable(value, nested) for value in block.__dict__.values()])
    return (type(block), values, frozenset(block.model_fields_set))


class Numbering:
    """Numbers blocks by their identity: equal blocks get one number, cheap to hash however deep they are."""

    def __init__(self) -> None:
        self._numbers: dict[Key, int] = {}
        self._known: dict[int, tuple[Block, int]] = {}  # by the object's id, which stays its own as long as it is held

    def number(self, block: Block) -> int:
        """The number of a block; a new one where no equal block had one."""
        known = self._known.get(id(block))
        if known is None:
            number = self._numbers.setdefault(identity(block, self.number), len(self._numbers))
            known = self._known[id(block)] = block, number
        return known[1]


def hashable(value: Any) -> Any:
    """A key for a field's value, or for mappings of them; 1, 1.0 and True are equal in Python, but not here."""
    return _hashable(value, identity)


def _hashable(value: Any, nested: Callable[[Block], Any]) -> Any:
    if type(value) in _SCALARS:
        return (type(value), value)
    if isinstance(value, Block):
        return (Block, nested(value))
    if isinstance(value, tuple):
        return tuple([_hashable(item, nested) for item in value])
    if isinstance(value, Mapping):
        return tuple([(name, _hashable(item, nested)) for name, item in sorted(value.items())])
    return (type(value), value)
