"""The work of a call, counted rather than timed: the same on a busy machine as on an idle one."""

from __future__ import annotations

import cProfile
from collections.abc import Callable
from typing import Any

from tests.support.attack.worker import bounded

MOST_CALLS = 8_000_000
"""About what Python enters in two seconds on a machine of 2020."""
PATIENCE = 60.0  # seconds of CPU: whoever takes longer hangs


def calls_within(call: Callable[[], Any]) -> int:
    """How many functions a call enters, those written in C too. What it raises, it raises here."""
    profile = cProfile.Profile()
    profile.runcall(call)
    return sum(entry.callcount for entry in profile.getstats())


def soon(call: Callable[[], Any]) -> Any:
    """The value of a call, made in a process of its own; fails where it takes more than two seconds' work, or 1 GiB."""
    values: list[Any] = []

    def count() -> tuple[int, Any]:
        calls = calls_within(lambda: values.append(call()))
        return calls, values[0]

    result = bounded(count, PATIENCE)
    assert result.how == "returned", result.value
    calls, value = result.value
    assert calls <= MOST_CALLS, f"{calls:,} calls"
    return value
