"""What repetitions of one kind of block have in common, and what differs between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise
from typing import Any

from archspec.graph import Block, Graph, Node


def alike(nodes: Iterable[Node]) -> list[list[Node]]:
    """Neighbours of one kind: the same block, with the same kinds in its slots; of each, all rows or some come out."""
    return [list(group) for _, group in groupby(nodes, key=lambda node: (_kind(node.block), _drops_rows(node)))]


def _drops_rows(node: Node) -> bool:
    rows = [shape.rows for shape in node.body.inputs.values()] if node.body else []
    return bool(rows) and any(shape.rows < max(rows) for shape in node.outputs)


def _kind(block: Block) -> tuple[Any, ...]:
    return type(block), tuple(_kind(value) for value in block.__dict__.values() if isinstance(value, Block))


def fullest(run: list[Node]) -> Node:
    """The node of a run that shows most: the first one may lack what is switched off where a rate is 0."""
    sizes = {id(node.body): _size(node.body) for node in run}
    return max(run, key=lambda node: sizes[id(node.body)])


def _size(graph: Graph | None) -> int:
    return sum(1 + _size(node.body) for node in graph.nodes.values()) if graph else 0


def varying(blocks: list[Block]) -> tuple[str, ...]:
    """The fields that differ between blocks of one kind, each as `drop path 0 → 0.1`."""
    return tuple(
        f"{path.replace('_', ' ')} {_range(values)}"
        for path, values in _fields(blocks)
        if any(value != values[0] for value in values)
    )


def _fields(blocks: list[Block]) -> Iterator[tuple[str, list[Any]]]:
    for name in type(blocks[0]).model_fields:
        values = [getattr(block, name) for block in blocks]
        if all(isinstance(value, Block) for value in values):
            for path, inner in _fields(values):
                yield f"{name}.{path}", inner
        else:
            yield name, values


def _range(values: list[Any]) -> str:
    """`0 → 0.1` for numbers, or lists of them, that rise or fall; else the first few values."""
    flat = [item for value in values for item in (value if isinstance(value, tuple) else (value,))]
    if all(isinstance(item, int | float) and not isinstance(item, bool) for item in flat):
        steps = [b - a for a, b in pairwise(flat)]
        if all(step >= 0 for step in steps) or all(step <= 0 for step in steps):
            return f"{flat[0]:.3g} → {flat[-1]:.3g}"
        return f"{min(flat):.3g} … {max(flat):.3g}"
    text = ", ".join(dict.fromkeys(map(str, values)))
    return text if len(text) <= 40 else "varies"


def label_of_all(labels: list[str], from_none: bool) -> str:
    """One label for all repetitions: `drop path 0.05 → 0.1`; it starts at 0 where the first ones are left out."""
    first, last = labels[0].split(), labels[-1].split()
    if from_none:
        first = ["0" if _number(word) else word for word in first]
    if first == last or len(first) != len(last):
        return labels[-1]
    return " ".join(a if a == b else f"{a} → {b}" for a, b in zip(first, last, strict=True))


def _number(word: str) -> bool:
    return word.replace(".", "", 1).replace("e-", "", 1).isdigit()
