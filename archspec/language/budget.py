"""`expect`: budgets and output sizes that a spec holds itself to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archspec.errors import Problem, SpecError
from archspec.graph import Graph
from archspec.language.document import Fields, locate
from archspec.language.expression import MOST_STEPS, Effort, ExpressionError, SpentError, evaluate
from archspec.language.spec import Expect


def check(expect: Expect, graph: Graph, tree: Fields, params: Mapping[str, Any], effort: Effort) -> None:
    """Compare a shaped graph with its spec's `expect`, whose expressions read `params`
    and take their steps from `effort`.

    Raises SpecError with a problem for each budget that is missed.
    """
    budget = _Budget(tree, params, effort)
    measures = [("params", "parameters", graph.cost.params), ("macs", "MACs", graph.cost.macs)]
    if expect.activations is not None or expect.max_activations is not None:
        measures.append(("activations", "activations", activations(graph)))
    for key, unit, value in measures:
        exact = budget.number(key, getattr(expect, key))
        most = budget.number(f"max_{key}", getattr(expect, f"max_{key}"))
        if exact is not None and exact != value:
            budget.miss(key, f"expected {exact:,} {unit}, the graph has {value:,} ({value - exact:+,})")
        if most is not None and value > most:
            budget.miss(f"max_{key}", f"expected at most {most:,.0f} {unit}, the graph has {value:,}")
    for name, bounds in (expect.outputs or {}).items():
        budget.check_output(name, bounds, graph)
    if budget.problems:
        raise SpecError(budget.problems)


class _Budget:
    """Evaluates the numbers of `expect`, and collects what is missed."""

    def __init__(self, tree: Fields, params: Mapping[str, Any], effort: Effort) -> None:
        self.tree, self.params, self.effort = tree, params, effort
        self.problems: list[Problem] = []

    def miss(self, key: str, message: str) -> None:
        """Record a problem at a key of `expect`."""
        at = locate(self.tree, ("expect", *key.split(".")))
        self.problems.append(Problem("expect", message, at.mark if at else None, f"expect.{key}"))

    def number(self, key: str, bound: Any) -> Any:
        """A bound as a number; None where there is none, or where its expression fails, which is recorded."""
        if not isinstance(bound, str):
            return bound
        try:
            value = evaluate(bound, self.params, self.effort)
        except SpentError:
            self.miss(key, f"expect.{key}: up to here, the spec takes more than {MOST_STEPS:,} steps to work out")
            raise SpecError(self.problems) from None
        except ExpressionError as error:
            return self.miss(key, f"expect.{key}: {bound}: {error}")
        if isinstance(value, bool) or not isinstance(value, int | float):
            return self.miss(key, f"expect.{key} takes a number, got {value!r}")
        return value

    def check_output(self, name: str, bounds: tuple[Any, ...], graph: Graph) -> None:
        """Compare the sizes of one output, without the batch."""
        sizes = [self.number(f"outputs.{name}", size) for size in bounds]
        if name not in graph.outputs:
            self.miss(f"outputs.{name}", f"no output is called {name}: there are {', '.join(graph.outputs)}")
            return
        shape = graph.shape(graph.outputs[name])
        if None not in sizes and list(shape.sizes) != sizes:
            self.miss(f"outputs.{name}", f"expected {name} to be {'x'.join(map(str, sizes))}, it is {shape}")


def activations(graph: Graph) -> int:
    """How many numbers the outputs of all ops hold for one sample: what training keeps in memory, 4 bytes each."""
    return _activations(graph, {})


def _activations(graph: Graph, counted: dict[int, int]) -> int:
    """`counted` holds the sums of bodies by identity: repeats hold the same one many times."""
    if id(graph) not in counted:
        counted[id(graph)] = sum(
            _activations(node.body, counted) if node.body else sum(shape.numel for shape in node.outputs)
            for node in graph.nodes.values()
        )
    return counted[id(graph)]
