"""`expect`: a spec is its own acceptance test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archspec.errors import Problem, SpecError
from archspec.graph.node import Graph
from archspec.language.document import Fields, locate
from archspec.language.expression import ExpressionError, evaluate
from archspec.language.spec.model import Expect


def check(expect: Expect, graph: Graph, tree: Fields, params: Mapping[str, Any]) -> None:
    """Hold a shaped graph to its spec's budgets, which may read `params`; a SpecError names each that is missed."""
    cost = graph.cost
    problems = []

    def miss(key: str, message: str) -> None:
        at = locate(tree, ("expect", *key.split(".")))
        problems.append(Problem("expect", message, at.mark if at else None, f"expect.{key}"))

    def asked(key: str, given: Any) -> Any:
        """A bound as a number; None where there is none, or where its expression fails, which is told."""
        if not isinstance(given, str):
            return given
        try:
            found = evaluate(given, params)
        except ExpressionError as error:
            return miss(key, f"expect.{key}: {given}: {error}")
        if isinstance(found, bool) or not isinstance(found, int | float):
            return miss(key, f"expect.{key} takes a number, got {found!r}")
        return found

    measures = [("params", "parameters", cost.params), ("macs", "MACs", cost.macs)]
    if expect.activations is not None or expect.max_activations is not None:
        measures.append(("activations", "activations", activations(graph)))
    for key, unit, found in measures:
        exact, most = asked(key, getattr(expect, key)), asked(f"max_{key}", getattr(expect, f"max_{key}"))
        if exact is not None and exact != found:
            miss(key, f"expected {exact:,} {unit}, the graph has {found:,} ({found - exact:+,})")
        if most is not None and found > most:
            miss(f"max_{key}", f"expected at most {most:,.0f} {unit}, the graph has {found:,}")
    for title, given in (expect.outputs or {}).items():
        sizes = [asked(f"outputs.{title}", size) for size in given]
        if title not in graph.outputs:
            miss(f"outputs.{title}", f"no output is called {title}: there are {', '.join(graph.outputs)}")
        elif None not in sizes and list(graph.shape(graph.outputs[title]).sizes) != sizes:
            shape = graph.shape(graph.outputs[title])
            miss(f"outputs.{title}", f"expected {title} to be {'x'.join(map(str, sizes))}, it is {shape}")
    if problems:
        raise SpecError(problems)


def activations(graph: Graph) -> int:
    """Numbers that the outputs of all ops hold for one sample: what training keeps; times 4 bytes in float32."""
    return _activations(graph, {})


def _activations(graph: Graph, known: dict[int, int]) -> int:
    """`known` remembers bodies: repeats hold the same one many times."""
    if id(graph) not in known:
        known[id(graph)] = sum(
            _activations(node.body, known) if node.body else sum(shape.numel for shape in node.outputs)
            for node in graph.nodes.values()
        )
    return known[id(graph)]
