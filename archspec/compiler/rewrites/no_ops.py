"""Drops nodes that are the identity: dropouts at rate 0, scales by 1."""

from __future__ import annotations

from dataclasses import replace

from archspec.compiler.rewrites.rewrite import Record, Rewrite
from archspec.graph import Block, Graph, Node, Ref, Tokens
from archspec.ops.drop import Dropout, DropPath
from archspec.ops.merge import Scale


def apply(graph: Graph) -> tuple[Graph, list[Record]]:
    """Let the readers of a no-op read what it reads. The names of the nodes that stay do not change."""
    nodes: dict[str, Node] = {}
    records: list[Record] = []
    instead: dict[Ref, Ref] = {}
    for name, node in graph.nodes.items():
        inputs = tuple(instead.get(ref, ref) for ref in node.inputs)
        if does_nothing(node.block):
            instead[Ref(name)] = inputs[0]
            records.append(Record(name, f"{node.block.word} does nothing", numbers=node.shape.numel))
        else:
            nodes[name] = replace(node, inputs=inputs)
    outputs = {title: instead.get(ref, ref) for title, ref in graph.outputs.items()}
    train = graph.train_outputs and {title: instead.get(ref, ref) for title, ref in graph.train_outputs.items()}
    return replace(graph, nodes=nodes, outputs=outputs, train_outputs=train), records


def does_nothing(block: Block) -> bool:
    """Whether a block gives back what it gets, in training too."""
    match block:
        case Dropout(rate=0) | DropPath(rate=0) | Scale(by=1):
            return True
    return False


REWRITE = Rewrite("exact", apply, (Dropout(rate=0), (Tokens(3, 4),)))
