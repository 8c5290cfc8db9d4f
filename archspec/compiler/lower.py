"""Shaped graph → the graph that runs: every rewrite in turn, at every level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from archspec.compiler.rewrites import Record, Rewrite, rewrites
from archspec.graph import Graph, Node


@dataclass(frozen=True, slots=True, eq=False)
class Lowered:
    """The graph that runs, and by the name of a rewrite what it changed."""

    graph: Graph
    records: Mapping[str, list[Record]]


def lower(graph: Graph, chosen: Mapping[str, Rewrite] | None = None) -> Lowered:
    """Apply rewrites – by default all – to a graph and to the bodies of its nodes, the innermost first."""
    chosen = rewrites() if chosen is None else chosen
    records: dict[str, list[Record]] = {name: [] for name in chosen}
    nodes = {name: _inside(node, chosen, records) for name, node in graph.nodes.items()}
    graph = replace(graph, nodes=nodes)
    for name, rewrite in chosen.items():
        graph, changes = rewrite.apply(graph)
        records[name] += changes
    return Lowered(graph, records)


def _inside(node: Node, chosen: Mapping[str, Rewrite], records: dict[str, list[Record]]) -> Node:
    if node.body is None:
        return node
    body = lower(node.body, chosen)
    for name, changes in body.records.items():
        records[name] += [replace(record, path=f"{node.name}.{record.path}") for record in changes]
    return replace(node, body=body.graph)
