"""Why a node cannot be shaped: the field to point at, and where the values that reach it come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from archspec.errors import Mark, Problem
from archspec.graph.block import Block
from archspec.graph.node import Node
from archspec.graph.ports import describe
from archspec.graph.shape import Shape


@dataclass(frozen=True, slots=True)
class Trouble:
    """A problem, with the block at fault and its field; each level it passes on its way up adds what it knows."""

    problem: Problem
    block: Block
    field: str | None

    def inside(self, name: str, outer: Block) -> Trouble:
        """The same, seen from the composite `outer` that placed the block under `name`."""
        return Trouble(
            replace(self.problem, path=f"{name}.{self.problem.path}"), outer, _owner(outer, self.block, self.field)
        )


def _owner(outer: Block, inner: Block, field: str | None) -> str | None:
    """The field of `outer` to point at: the slot that holds `inner`, or the field of the same name and value."""
    for name, value in outer.__dict__.items():
        if value is inner:
            return f"{name}.{field}" if field else name
        if isinstance(value, tuple) and any(item is inner for item in value):
            return field
    if field and "." not in field and getattr(outer, field, None) == getattr(inner, field, None):
        return field
    return None


class MisfitError(Exception):
    """Some nodes of a level cannot be shaped; the levels around it add their names to the troubles."""

    def __init__(self, troubles: list[Trouble]) -> None:
        super().__init__(troubles)
        self.troubles = troubles

    @property
    def problems(self) -> list[Problem]:
        return [trouble.problem for trouble in self.troubles]


def blame(trouble: Trouble, node: Node, nodes: Mapping[str, Node], inputs: Mapping[str, Shape]) -> Trouble:
    """Add what the level of `nodes` and `inputs` knows: the mark, the origin of the values, the path to the fault."""
    problem, notes = trouble.problem, list(trouble.problem.notes)
    if problem.mark is None:
        notes += _sources(node, nodes, inputs)
        way = problem.path.split(".")
        notes += [f"in:   {' › '.join(way)}"] if len(way) > 1 else []
    elif node.mark:
        notes.append(f"in:   {node.name} (line {node.mark.line})")
    problem = replace(problem.at(_mark(node, trouble.field)), notes=tuple(notes))
    return replace(trouble, problem=problem)


def _mark(node: Node, field: str | None) -> Mark | None:
    """The mark of the field's value, of the slot around it, or of the node."""
    while field:
        if field in node.marks:
            return node.marks[field]
        field = field.rpartition(".")[0]
    return node.mark


def _sources(node: Node, nodes: Mapping[str, Node], inputs: Mapping[str, Shape]) -> list[str]:
    """Where the values that reach a node come from, a line each."""
    notes = []
    for ref in node.inputs[:4]:
        source = nodes.get(ref.node)
        line = f" (line {source.mark.line})" if source and source.mark else ""
        shape = source.outputs[ref.port] if source else inputs[ref.node]
        notes.append(f"from: {ref.node}{line} gives {describe(shape)}")
    return notes
