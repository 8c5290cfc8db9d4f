"""One point of a sweep: tried, costed, and kept or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from archspec.analysis.sweep.usage import usage_error
from archspec.errors import Problem, SpecError
from archspec.graph.node import Graph
from archspec.language import SpecFile, activations, document, graph_of, overlay_of
from archspec.language.expression import ExpressionError, evaluate


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """One combination: its settings by path, and what it costs – or why it cannot exist, or is not wanted."""

    settings: Mapping[str, Any]
    cost: Mapping[str, int]
    problems: tuple[Problem, ...] = ()
    wanted: bool = True  # what `where` says
    best: bool = False  # on the Pareto front

    @property
    def kept(self) -> bool:
        """Whether the point exists and is wanted."""
        return self.wanted and not self.problems

    @property
    def reason(self) -> str | None:
        """Why the point is not kept."""
        if self.problems:
            return self.problems[0].message
        return None if self.wanted else "outside of where"

    def json(self) -> dict[str, Any]:
        """The point as plain data."""
        return {"settings": dict(self.settings), **self.cost, "kept": self.kept, "best": self.best,
                "reason": self.reason, "problems": [problem.json() for problem in self.problems]}  # fmt: skip


def try_point(
    spec: SpecFile,
    variant: str | None,
    overrides: Iterable[str],
    assignments: Iterable[str],
    where: str | None,
    allow_python: bool,
) -> Point:
    """Shape and cost a spec with a point's assignments (`path=value`), which come after the overrides.

    What is wrong with the spec is kept in the point; raises a SpecError for a `where` that is no condition.
    """
    assignments = list(assignments)
    settings = {text.partition("=")[0].strip(): document.plain(_assigned(text)) for text in assignments}
    try:
        graph = graph_of(spec, variant, [*overrides, *assignments], allow_python=allow_python)
    except SpecError as error:
        return Point(settings, {}, error.problems)
    cost = _measures(graph)
    return Point(settings, cost, wanted=where is None or _is_wanted(where, settings, cost))


def _measures(graph: Graph) -> dict[str, int]:
    """MEASURES and their values."""
    total = graph.cost
    return {"params": total.params, "macs": total.macs, "activations": activations(graph),
            "trainable": total.params - total.frozen, "frozen": total.frozen, "buffers": total.buffers}  # fmt: skip


def _is_wanted(where: str, settings: Mapping[str, Any], cost: Mapping[str, int]) -> bool:
    names = {**{path.rpartition(".")[2]: value for path, value in settings.items()}, **cost}
    try:
        value = evaluate(f"$({where})", names)
    except ExpressionError as error:
        start = max(0, error.offset - len("$("))
        raise usage_error(where, str(error), error.help, "--where", start, max(1, error.width)) from None
    if not isinstance(value, bool):
        message = f"{where} is {value!r}, not true or false"
        raise usage_error(where, message, "compare, as in params <= 25e6", "--where")
    return value


def _assigned(setting: str) -> document.Tree:
    """The value of `a.b=value`, parsed."""
    tree: document.Tree = overlay_of(setting)
    for _ in setting.partition("=")[0].split("."):
        assert isinstance(tree, document.Fields)
        (tree,) = tree.entries.values()
    return tree
