"""What evaluating may cost: the steps that all expressions of one command share."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from archspec.graph import Block

MOST_STEPS = 1_000_000
"""How many items all expressions of one command may read and make, their parts counted too."""
MOST_VALUES = 100_000
MOST_LEVELS = 50
_HOLDERS = (tuple, dict, Block)


class SpentError(Exception):
    """No steps are left."""


class HeavyError(Exception):
    """A value that is too large or nested too deep to be read again: the end of a sentence about it."""


@dataclass(slots=True)
class Effort:
    """The steps that are left, and the weights of the values that were weighed."""

    left: int = MOST_STEPS
    _weights: dict[int, tuple[Any, int]] = field(default_factory=dict)  # by identity; holding a value keeps it unique

    def spend(self, steps: int) -> None:
        """Raises SpentError where fewer steps are left."""
        self.left -= steps
        if self.left < 0:
            raise SpentError

    def weigh(self, value: Any) -> int:
        """How many values a value holds, at every depth; of a text, how many letters; at least 1.

        A value that holds another one twice counts it twice. Raises HeavyError.
        """
        if isinstance(value, str):
            return max(1, len(value))
        if not isinstance(value, _HOLDERS):
            return 1
        if id(value) not in self._weights:
            self._weights[id(value)] = value, self._weight(value)
        return self._weights[id(value)][1]

    def _weight(self, value: Any) -> int:
        """Level by level: values may be nested as deep, and share as much, as their writer likes."""
        level, weight = [value], 0
        for _ in range(MOST_LEVELS + 1):
            inner = [_within(item) for item in level if isinstance(item, _HOLDERS)]
            size = sum(map(len, inner))
            weight += size
            if weight > MOST_VALUES:
                raise HeavyError(f"holds more than {MOST_VALUES:,} values")
            if not size:
                self.spend(weight)
                return max(1, weight)
            level = [item for items in inner for item in items]
        raise HeavyError(f"is nested deeper than {MOST_LEVELS} levels")


def _within(value: Any) -> Collection[Any]:
    if isinstance(value, tuple):
        return value
    return value.values() if isinstance(value, dict) else value.__dict__.values()
