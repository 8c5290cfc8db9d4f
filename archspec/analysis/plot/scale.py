"""A linear scale: numbers onto a stretch of the page, with round ticks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor, log10


class Scale:
    """Maps values to positions between `start` and `end`, so that all of `values` fit between two ticks."""

    def __init__(self, values: Sequence[int], start: float, end: float) -> None:
        low, high = min(values, default=0), max(values, default=1)
        spread = (high - low) or max(high, 1)
        self.step: float = min(
            (unit * 10.0 ** floor(log10(spread)) for unit in (0.1, 0.2, 0.5, 1.0)),
            key=lambda step: abs(spread / step - 6),
        )
        self.low, self.high = floor(low / self.step) * self.step, ceil(high / self.step) * self.step
        self.high = max(self.high, self.low + self.step)
        self.start, self.end = start, end

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Position and label of each tick: `2M`, `4.5G`."""
        unit, suffix = (1e9, "G") if self.high >= 1e9 else (1e6, "M") if self.high >= 1e6 else (1e3, "k")
        for count in range(round((self.high - self.low) / self.step) + 1):
            value = self.low + count * self.step
            yield self(value), f"{value / unit:.4g}{suffix}"
