"""Blocks written in YAML: a class for each, with typed fields and a graph of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

from pydantic import create_model

from archspec.block import Block, Composite, Port, Role, Scope, Value
from archspec.document import Leaf, Mapping, Sequence, plain
from archspec.errors import Mark, Problem
from archspec.graph import Graph
from archspec.infer import Level, identity, place
from archspec.shape import Image, Tokens, Vector
from archspec.spec import BlockSpec

TYPES: dict[str, Any] = {
    "int": int,
    "float": float,
    "bool": bool,
    "str": str,
    "list": tuple[Any, ...],
    "slot": Annotated[Block, Role("any")],
}
Wirer = Callable[["Definition"], Graph | None]


class Definition(Composite):
    """A block whose body is a graph in YAML; `wirer` makes that graph from the fields' values."""

    role: ClassVar[str] = "stage"
    spec: ClassVar[BlockSpec]
    tree: ClassVar[Mapping]
    mark: ClassVar[Mark]
    wirer: ClassVar[Wirer]
    wired: ClassVar[dict[Any, Graph | None]]

    def ports(self) -> tuple[Port, ...]:
        return tuple(Port(name, (Image, Tokens, Vector)) for name in self.spec.inputs)

    def titles(self) -> tuple[str, ...]:
        outputs = self.spec.outputs or {}
        return tuple(outputs) if len(outputs) > 1 else ()

    def graph(self) -> Graph | None:
        """The body, wired once for each set of values; None where it has problems."""
        key = identity(self)
        if key not in self.wired:
            self.wired[key] = type(self).wirer(self)
        return self.wired[key]

    def expand(self, scope: Scope, *values: Value[Any]) -> tuple[Value[Any], ...]:
        graph = self.graph()
        assert graph is not None and isinstance(scope, Level)
        placed = place(scope, graph, dict(zip(self.spec.inputs, values, strict=True)))
        return tuple(placed[ref.node][ref.port] for ref in graph.outputs.values())


def define(word: str, spec: BlockSpec, tree: Mapping, wirer: Wirer, problems: list[Problem]) -> type[Definition]:
    """The class of a block in YAML; `tree` is its mapping."""
    fields: dict[str, Any] = {}
    params = tree.entries.get("params")
    for name, given in params.entries.items() if isinstance(params, Mapping) else ():
        told = _field(given)
        if told is None:
            message = f"{word}.params.{name} takes {', '.join(TYPES)}, or a default, got {plain(given)!r}"
            problems.append(Problem("wrong-type", message, given.mark, f"blocks.{word}.params.{name}"))
        else:
            fields[name] = told
    made: type[Definition] = create_model(
        "".join(part.title() for part in word.split("_")), __base__=Definition, __doc__=spec.doc or "", **fields
    )
    made.word, made.spec, made.tree, made.mark, made.wired = word, spec, tree, tree.mark, {}
    made.wirer = staticmethod(wirer)
    return made


def _field(given: Any) -> tuple[Any, Any] | None:
    """A type's name, or a default that tells the type, as Pydantic writes a field."""
    if isinstance(given, Sequence):
        return (tuple[Any, ...], tuple(plain(given)))
    if not isinstance(given, Leaf) or given.value is None:
        return None
    if isinstance(given.value, str) and given.value in TYPES:
        return (TYPES[given.value], ...)
    return (type(given.value), given.value)
