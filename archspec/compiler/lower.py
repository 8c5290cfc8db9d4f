"""Shaped graph → the graph that runs: every rewrite in turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from archspec.compiler.kernels import Held
from archspec.compiler.rewrites import Record, Rewrite, rewrites
from archspec.graph import Graph


@dataclass(frozen=True, slots=True, eq=False)
class Lowered:
    """The graph that runs, and by the name of a rewrite what it changed."""

    graph: Graph
    records: Mapping[str, list[Record]]


def lower(graph: Graph, chosen: Mapping[str, Rewrite] | None = None) -> Lowered:
    """Apply rewrites – by default all, phase by phase – to a graph, all its levels included."""
    records: dict[str, list[Record]] = {}
    for name, rewrite in (rewrites() if chosen is None else chosen).items():
        graph, records[name] = rewrite.apply(graph)
    return Lowered(graph, records)


def running(graph: Graph) -> Graph:
    """A lowered graph without the nodes that are only held for their weights: what runs, and is drawn."""
    nodes = {
        name: replace(node, body=running(node.body)) if node.body else node
        for name, node in graph.nodes.items()
        if not isinstance(node.block, Held)
    }
    return replace(graph, nodes=nodes)
