"""The Pareto front: which points no other one beats."""

from __future__ import annotations

from collections.abc import Sequence

from archspec.analysis.sweep.usage import usage_error
from archspec.errors import nearest

FRONT = "macs,-params"
"""By default the front is of few MACs and many parameters."""
MEASURES = ("params", "macs", "activations", "trainable", "frozen", "buffers")


def front(costs: Sequence[Sequence[float]]) -> list[bool]:
    """For each point, whether no other one beats it: is better in one measure and worse in none. Small is good."""
    order = sorted(range(len(costs)), key=lambda index: tuple(costs[index]))
    best: list[int] = []
    for index in order:  # whatever beats a point stands before it in this order
        if not any(_beats(costs[other], costs[index]) for other in best):
            best.append(index)
    members = set(best)
    return [index in members for index in range(len(costs))]


def goals_of(pareto: str) -> list[tuple[str, int]]:
    """`macs,-params` as measures with a sign: 1 for small, -1 for large. Raises a SpecError for an unknown measure."""
    goals = []
    for word in pareto.split(","):
        name = word.strip().lstrip("-")
        if name not in MEASURES:
            help = nearest(name, MEASURES) or ", ".join(MEASURES)
            raise usage_error(pareto, f"there is no measure {name}", help, "--pareto")
        goals.append((name, -1 if word.strip().startswith("-") else 1))
    return goals


def goals_text(pareto: str) -> str:
    """`macs,-params` in words: few MACs, many params."""
    return ", ".join(f"{'many' if sign < 0 else 'few'} {'MACs' if name == 'macs' else name}"
                     for name, sign in goals_of(pareto))  # fmt: skip


def _beats(a: Sequence[float], b: Sequence[float]) -> bool:
    return tuple(a) != tuple(b) and all(x <= y for x, y in zip(a, b, strict=True))
