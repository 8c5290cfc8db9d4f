"""Blocks written in YAML: a class for each, with typed fields and a graph of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic.fields import FieldInfo

from archspec.errors import Mark, Problem, nearest
from archspec.graph.block import Block, Composite, Port, Role, Scope, Value
from archspec.graph.infer import Shaping, place
from archspec.graph.key import identity
from archspec.graph.node import Graph
from archspec.graph.shape import Image, Tokens, Vector
from archspec.language.document import Fields, Items, Leaf, Tree, plain
from archspec.language.spec.complaint import show
from archspec.language.spec.model import BlockSpec, frozen

TYPES: dict[str, Any] = {
    "int": int,
    "float": float,
    "bool": bool,
    "str": str,
    "list": tuple[Any, ...],
    "slot": Annotated[Block, Role("any")],
}
KEYS = ("type", "default", "doc")
Wirer = Callable[["Definition"], Graph | None]


class Definition(Composite):
    """A block whose body is a graph in YAML; `wirer` makes that graph from the fields' values."""

    role: ClassVar[str] = "stage"
    spec: ClassVar[BlockSpec]
    tree: ClassVar[Fields]
    mark: ClassVar[Mark]
    wirer: ClassVar[Wirer]
    wired: ClassVar[dict[Any, Graph | None]]

    def ports(self) -> tuple[Port, ...]:
        return tuple(Port(name, (Image, Tokens, Vector)) for name in self.spec.inputs)

    def output_names(self) -> tuple[str, ...]:
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
        assert graph is not None and isinstance(scope, Shaping)
        placed = place(scope, graph, dict(zip(self.spec.inputs, values, strict=True)))
        return tuple(placed[ref.node][ref.port] for ref in graph.outputs.values())


def define(word: str, spec: BlockSpec, tree: Fields, wirer: Wirer, problems: list[Problem]) -> type[Definition]:
    """The class of a block in YAML; `tree` is its mapping."""
    fields: dict[str, Any] = {}
    params = tree.entries.get("params")
    for name, given in params.entries.items() if isinstance(params, Fields) else ():
        try:
            if hasattr(Definition, name):
                raise _Fault("is a name that every block has for itself", given, f"call it {name}_ or something else")
            fields[name] = _field(given)
        except _Fault as fault:
            path = f"blocks.{word}.params.{name}"
            problems.append(Problem("wrong-type", f"{path} {fault}", fault.tree.mark, path, help=fault.help))
    made: type[Definition] = create_model(
        "".join(part.title() for part in word.split("_")), __base__=Definition, __doc__=spec.doc or "", **fields
    )
    made.word, made.spec, made.tree, made.mark, made.wired = word, spec, tree, tree.mark, {}
    made.wirer = staticmethod(wirer)
    return made


class _Fault(Exception):  # noqa: N818
    """What is wrong with a parameter, and where."""

    def __init__(self, message: str, tree: Tree, help: str | None = None) -> None:
        super().__init__(message)
        self.tree, self.help = tree, help


def _field(given: Tree) -> tuple[Any, FieldInfo]:
    """A type's name, a default that tells the type, or both with a text: `{type: int, default: 3, doc: …}`."""
    if not isinstance(given, Fields):
        kind, default = _told(given)
        return kind, _info(default)
    for key in given.entries:
        if key not in KEYS:
            help = nearest(key, KEYS) or f"its keys are {', '.join(KEYS)}"
            raise _Fault(f"has no key {key}", Leaf(key, given.keys[key]), help)
    kind, default = _typed(given)
    doc = given.entries.get("doc")
    if doc is not None and not (isinstance(doc, Leaf) and isinstance(doc.value, str)):
        raise _Fault("takes a text as its doc", doc)
    return kind, _info(default, str(doc.value) if doc else None)


def _typed(given: Fields) -> tuple[Any, Any]:
    """The type and the default that a mapping gives."""
    word, default = given.entries.get("type"), given.entries.get("default")
    if word is None:
        if default is None:
            raise _Fault("says neither type nor default", given)
        return _told(default)
    if not (isinstance(word, Leaf) and word.value in TYPES):
        raise _Fault(f"takes the types {', '.join(TYPES)}, got {show(word)}", word)
    kind = TYPES[str(word.value)]
    if default is None:
        return kind, ...
    try:
        return kind, TypeAdapter(kind, config=ConfigDict(strict=True)).validate_python(frozen(plain(default)))
    except ValidationError:
        raise _Fault(f"is of the type {word.value}, and its default is {show(default)}", default) from None


def _told(given: Tree) -> tuple[Any, Any]:
    """A type's name – then there is no default –, or a default."""
    if isinstance(given, Leaf) and given.value is not None:
        if isinstance(given.value, str) and given.value in TYPES:
            return TYPES[given.value], ...
        return type(given.value), given.value
    if isinstance(given, Items):
        return tuple[Any, ...], frozen(plain(given))
    raise _Fault(f"takes {', '.join(TYPES)}, or a default, got {show(given)}", given)


def _info(default: Any, doc: str | None = None) -> FieldInfo:
    info: FieldInfo = Field(default, description=doc)
    return info
