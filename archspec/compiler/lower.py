"""Graph, shaped → the graph that runs: what costs time in `forward` and changes no number goes."""

from __future__ import annotations

from dataclasses import replace

from archspec.graph.block import Block, Ref
from archspec.graph.node import Graph, Node
from archspec.ops.drop import Dropout, DropPath
from archspec.ops.merge import Scale


def lower(graph: Graph) -> Graph:
    """Drop the no-ops at every level: dropouts at rate 0, factors of 1. The paths of what stays do not change."""
    nodes: dict[str, Node] = {}
    instead: dict[Ref, Ref] = {}
    for name, node in graph.nodes.items():
        inputs = tuple(instead.get(ref, ref) for ref in node.inputs)
        if _does_nothing(node.block):
            instead[Ref(name)] = inputs[0]
        else:
            nodes[name] = replace(node, inputs=inputs, body=lower(node.body) if node.body else None)
    outputs = {title: instead.get(ref, ref) for title, ref in graph.outputs.items()}
    train = graph.train_outputs and {title: instead.get(ref, ref) for title, ref in graph.train_outputs.items()}
    return replace(graph, nodes=nodes, outputs=outputs, train_outputs=train)


def _does_nothing(block: Block) -> bool:
    match block:
        case Dropout(rate=0) | DropPath(rate=0) | Scale(by=1):
            return True
    return False
