"""A graph as plain data, which two graphs are compared by: what its author wrote, and the shapes that follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from archspec.graph import Block, Graph, Node, Ref, Repeat, show_sizes
from archspec.language.wiring import Definition

Entry = dict[str, Any]
"""A node as plain data: its block, its fields, and what it reads."""
Entries = dict[str, Entry]
"""An author's nodes by dotted path, those of blocks written in YAML included."""


def describe(graph: Graph) -> dict[str, Any]:
    """A graph as plain data: inputs, outputs, and every node that its author wrote."""
    inputs = {name: str(shape) for name, shape in graph.inputs.items()}
    outputs = {name: _reference(graph, ref) for name, ref in graph.outputs.items()}
    train = {f"train.{name}": _reference(graph, ref) for name, ref in (graph.train_outputs or {}).items()}
    return {"inputs": inputs, "nodes": dict(_nodes(graph, "")), "outputs": {**outputs, **train}}


def shapes_of(graph: Graph) -> dict[str, str]:
    """The shapes of the inputs, and of the outputs of the author's nodes, by path."""
    return {**{name: show_sizes(shape) for name, shape in graph.inputs.items()}, **dict(_output_shapes(graph, ""))}


def _nodes(graph: Graph, path: str) -> Iterator[tuple[str, Entry]]:
    for name, node in graph.nodes.items():
        here = f"{path}{name}"
        entry: Entry = {**_block(node.block), "reads": [_reference(graph, ref) for ref in node.inputs]}
        if node.share:
            entry["share"] = node.share
        yield here, entry
        yield from _inner_nodes(node, here)


def _inner_nodes(node: Node, path: str) -> Iterator[tuple[str, Entry]]:
    """The nodes of a block written in YAML; a Python block's are determined by its fields."""
    if node.body and isinstance(node.block, Definition):
        yield from _nodes(node.body, f"{path}.")
    elif node.body and isinstance(node.block, Repeat):
        for name, inner in node.body.nodes.items():
            yield from _inner_nodes(inner, f"{path}.{name}")


def _block(block: Block) -> Entry:
    """A block as its author writes it; of a repeat, a list of the values where they differ."""
    if not isinstance(block, Repeat):
        return {"block": block.word, **{name: _plain(value) for name, value in block}}
    each = [_block(part) for part in block.blocks]
    fields = dict.fromkeys(name for part in each for name in part)
    columns = {name: [part.get(name) for part in each] for name in fields}
    merged = {name: values[0] if all(value == values[0] for value in values) else values
              for name, values in columns.items()}  # fmt: skip
    dropped = {"layer_dropout": block.layer_dropout} if block.layer_dropout else {}
    return {**merged, "repeat": len(each), **dropped}


def _plain(value: Any) -> Any:
    if isinstance(value, Block):
        return _block(value)
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def _reference(graph: Graph, ref: Ref) -> str:
    names = graph.nodes[ref.node].block.output_names() if ref.node in graph.nodes else ()
    return f"{ref.node}.{names[ref.port]}" if names else ref.node


def _output_shapes(graph: Graph, path: str) -> Iterator[tuple[str, str]]:
    for name, node in graph.nodes.items():
        yield f"{path}{name}", show_sizes(*node.outputs)
        if node.body and isinstance(node.block, Definition):
            yield from _output_shapes(node.body, f"{path}{name}.")
