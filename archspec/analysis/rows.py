"""The rows of a report: a graph's nodes in order, nested ones indented, alike ones of a repeat folded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from archspec.graph import Block, Cost, Graph, Node, Repeat, Shape, fold_paths, show_sizes


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; `times` nodes that differ in nothing that it shows are one row."""

    depth: int
    name: str
    block: str
    shape: str
    params: int | None
    macs: int | None
    times: int = 1


def rows_of(graph: Graph, depth: int | None = None) -> Iterator[Row]:
    """Rows for the inputs, then for the nodes with `depth` levels of nesting opened (None: all)."""
    for name, shape in graph.inputs.items():
        yield Row(0, name, "input", show_sizes(shape), None, None)
    yield from _node_rows(graph, 0, depth)


def _node_rows(graph: Graph, level: int, depth: int | None) -> Iterator[Row]:
    for node in graph.nodes.values():
        yield Row(level, node.name, _label(node), show_sizes(*node.outputs), node.cost.params, node.cost.macs)
        if node.body and not node.share and (depth is None or level < depth):
            opened = _folded_rows if isinstance(node.block, Repeat) else _node_rows
            yield from opened(node.body, level + 1, depth)


def _label(node: Node) -> str:
    if isinstance(node.block, Repeat) and node.body:
        return f"{node.block.blocks[0].word} ×{len(node.block.blocks)}"
    shared = f", weights of {node.share}" if node.share else ""
    return f"{node.block.word}{shared}" + (", probed" if node.block.probed else "")


def _folded_rows(body: Graph, level: int, depth: int | None) -> Iterator[Row]:
    """Neighbours that look the same in the table stand in one row, and only the last is opened."""
    for _, group in groupby(body.nodes.values(), key=_look):
        alike = list(group)
        first, last = alike[0], alike[-1]
        name = fold_paths([node.name for node in alike])
        word = first.block.word + (f" ×{len(alike)}, each" if len(alike) > 1 else "")
        yield Row(level, name, word, show_sizes(*first.outputs), first.cost.params, first.cost.macs, len(alike))
        if last.body and (depth is None or level < depth):
            yield from _node_rows(last.body, level + 1, depth)


def _look(node: Node) -> tuple[type[Block], tuple[Shape, ...], Cost]:
    """Everything that a row shows of a node besides its name."""
    return type(node.block), node.outputs, node.cost
