"""The functions that an expression may call."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from archspec.language.expression.show import show

MOST_ITEMS = 10_000
"""How many items one list or text may hold."""


Function = tuple[Callable[..., Any], str]
"""A function, and how it is called."""


class MisuseError(Exception):
    """A call that a function refuses, in a sentence."""


def _numbers(values: tuple[Any, ...] | list[Any]) -> list[Any]:
    for value in values:
        if not isinstance(value, int | float):
            raise MisuseError(f"{show(value)} is no number")
    return list(values)


def _check_ints(values: tuple[Any, ...]) -> None:
    for value in values:
        if type(value) is not int:
            raise MisuseError(f"{show(value)} is no int")


def _extreme(pick: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    def of(*values: Any) -> Any:
        numbers = _numbers(values[0] if len(values) == 1 and isinstance(values[0], tuple) else values)
        if not numbers:
            raise MisuseError("there are no numbers")
        return pick(numbers)

    return of


def _ceil(number: Any) -> Any:
    return math.ceil(*_numbers((number,)))


def _floor(number: Any) -> Any:
    return math.floor(*_numbers((number,)))


def _round(number: Any, digits: int | None = None) -> Any:
    _numbers((number,))
    if digits is not None:
        _check_ints((digits,))
        if abs(digits) > 30:
            raise MisuseError(f"{digits} digits are too many")
    return round(number, digits)


def _sum(values: Any) -> Any:
    if not isinstance(values, tuple):
        raise MisuseError(f"{show(values)} is no list")
    return sum(_numbers(values))


def _range(*ends: Any) -> tuple[int, ...]:
    _check_ints(ends)
    if len(ends) == 3 and ends[2] == 0:
        raise MisuseError("a step of 0 goes nowhere")
    numbers = range(*ends)
    if numbers and abs(numbers[-1] - numbers[0]) // abs(numbers.step) >= MOST_ITEMS:
        raise MisuseError(f"more than {MOST_ITEMS:,} items")
    return tuple(numbers)


def _linspace(first: Any, last: Any, count: Any) -> tuple[float, ...]:
    """`count` floats from `first` to `last`, bit for bit those of NumPy."""
    _numbers((first, last))
    _check_ints((count,))
    if not 0 <= count <= MOST_ITEMS:
        raise MisuseError(f"{count:,} items are not between 0 and {MOST_ITEMS:,}")
    start, stop = float(first), float(last)
    if count < 2:
        return tuple([start] * count)
    width = stop - start
    step = width / (count - 1)
    if not math.isfinite(width):
        raise MisuseError("the ends lie too far apart")
    steps = (i * step if step else i / (count - 1) * width for i in range(count - 1))
    return (*(start + part for part in steps), stop)


FUNCTIONS: dict[str, Function] = {
    "min": (_extreme(min), "min(a, b, …) or min(list)"),
    "max": (_extreme(max), "max(a, b, …) or max(list)"),
    "ceil": (_ceil, "ceil(number)"),
    "floor": (_floor, "floor(number)"),
    "round": (_round, "round(number) or round(number, digits)"),
    "len": (len, "len(list)"),
    "sum": (_sum, "sum(list)"),
    "range": (_range, "range(stop), range(start, stop) or range(start, stop, step)"),
    "linspace": (_linspace, "linspace(first, last, count)"),
}
