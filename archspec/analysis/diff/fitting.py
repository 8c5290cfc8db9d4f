"""How many of one graph's weights fit another, told from the graphs alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archspec.graph import Graph, Node, Shape


def fitting(a: Graph, b: Graph) -> tuple[int, int]:
    """How many of A's parameters load into B by path and shape – a leaf's all or none –, and how many A has."""
    targets = {path: _weights(graph, node) for path, graph, node in _leaves(b)}
    leaves = [(path, node.cost.params, _weights(graph, node)) for path, graph, node in _leaves(a)]
    fit = sum(params for path, params, weights in leaves if targets.get(path) == weights)
    return fit, sum(params for _, params, _ in leaves)


def _leaves(graph: Graph, path: str = "") -> Iterator[tuple[str, Graph, Node]]:
    """The nodes that hold parameters themselves, with the graph around each."""
    for name, node in graph.nodes.items():
        if node.body and not node.share:
            yield from _leaves(node.body, f"{path}{name}.")
        elif node.cost.params:
            yield f"{path}{name}", graph, node


def _weights(graph: Graph, node: Node) -> tuple[Any, ...]:
    """What decides the shapes of a leaf's weights: the op, how many, its widths, kernel and groups."""
    widths = [_width(graph.shape(ref)) for ref in node.inputs]
    form = [getattr(node.block, name, None) for name in ("kernel", "groups", "bias")]
    return (node.block.word, node.cost.params, widths, [_width(shape) for shape in node.outputs], form)


def _width(shape: Shape) -> int:
    """Channels; 0 for a shape that has none."""
    return int(getattr(shape, "c", 0))
