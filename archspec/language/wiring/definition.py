"""Blocks written in YAML: a class for each, with typed fields and a graph of its own."""

from __future__ import annotations

import copyreg
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from uuid import uuid4
from weakref import WeakValueDictionary

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic.fields import FieldInfo

from archspec.errors import Mark, Problem, nearest
from archspec.graph import (
    Block,
    Composite,
    Graph,
    Image,
    Port,
    Role,
    Scope,
    Shaping,
    Tokens,
    Value,
    Vector,
    identity,
    place,
)
from archspec.language.document import Fields, Items, Leaf, Tree, plain
from archspec.language.spec import BlockSpec, frozen, show
from archspec.language.wiring.problems import Problems, UnresolvedError

TYPES: dict[str, Any] = {
    "int": int,
    "float": float,
    "bool": bool,
    "str": str,
    "list": tuple[Any, ...],
    "slot": Annotated[Block, Role("any")],
}
KEYS = ("type", "default", "doc")


class Kind(type(Composite)):  # type: ignore[misc]
    """The type of the classes below: they are made at run time, and pickled by what they were made from."""


class Definition(Composite, metaclass=Kind):
    """A block whose body is a graph in YAML, wired before it is placed: once for each set of values.

    The class variables are read from the class: a parameter may bear the name of one.
    """

    role: ClassVar[str] = "stage"
    spec: ClassVar[BlockSpec]
    tree: ClassVar[Fields]
    mark: ClassVar[Mark]
    bodies: ClassVar[dict[Any, Graph]]
    """The wired bodies, by the identity of the block."""
    token: ClassVar[str] = ""
    """What tells the class from all others, in any process."""

    def ports(self) -> tuple[Port, ...]:
        return tuple(Port(name, (Image, Tokens, Vector)) for name in type(self).spec.inputs)

    def output_names(self) -> tuple[str, ...]:
        outputs = type(self).spec.outputs or {}
        return tuple(outputs) if len(outputs) > 1 else ()

    def expand(self, scope: Scope, *values: Value[Any]) -> tuple[Value[Any], ...]:
        assert isinstance(scope, Shaping)
        body = type(self).bodies[identity(self)]
        placed = place(scope, body, dict(zip(type(self).spec.inputs, values, strict=True)))
        return tuple(placed[ref.node][ref.port] for ref in body.outputs.values())


def define(word: str, spec: BlockSpec, tree: Fields, problems: Problems) -> type[Definition]:
    """The class of a block written in YAML, from its spec and the mapping that this was read from."""
    fields: dict[str, Any] = {}
    params = tree.entries.get("params")
    for name, param in params.entries.items() if isinstance(params, Fields) else ():
        reader = _Param(f"blocks.{word}.params.{name}", problems)
        with suppress(UnresolvedError):
            if hasattr(Definition, name):
                message, help = "is a name that every block has for itself", f"call it {name}_ or something else"
                raise reader.fault(message, param, help)
            fields[name] = reader.field(param)
    title = "".join(part.title() for part in word.split("_"))
    block: type[Definition] = create_model(title, __base__=Definition, __doc__=spec.doc or "", **fields)
    block.word, block.spec, block.tree, block.mark, block.bodies = word, spec, tree, tree.mark, {}
    block.token = uuid4().hex
    _DEFINED[block.token] = block
    return block


_DEFINED: WeakValueDictionary[str, type[Definition]] = WeakValueDictionary()


def _pickled(kind: type[Definition]) -> str | tuple[Any, ...]:
    """How pickle writes a class: `Definition` itself by its name, others by word, spec and tree, then their bodies."""
    if not kind.token:
        return str(kind.__qualname__)
    return _unpickled, (kind.token, kind.word, kind.spec, kind.tree), kind.bodies, None, None, _embody


def _unpickled(token: str, word: str, spec: BlockSpec, tree: Fields) -> type[Definition]:
    """The class of that token where this process has it, otherwise a new one."""
    kind = _DEFINED.get(token)
    if kind is None:
        kind = define(word, spec, tree, Problems())
        kind.token = token
        _DEFINED[token] = kind
    return kind


def _embody(kind: type[Definition], bodies: dict[Any, Graph]) -> None:
    kind.bodies.update(bodies)


copyreg.pickle(Kind, _pickled)


@dataclass(frozen=True, slots=True)
class _Param:
    """Reads one parameter: a type's name, a default that gives the type, or `{type: int, default: 3, doc: …}`."""

    path: str
    problems: Problems

    def field(self, param: Tree) -> tuple[Any, FieldInfo]:
        """The annotation and the Pydantic field."""
        if not isinstance(param, Fields):
            annotation, default = self.short(param)
            return annotation, _info(default)
        for key in param.entries:
            if key not in KEYS:
                help = nearest(key, KEYS) or f"its keys are {', '.join(KEYS)}"
                raise self.fault(f"has no key {key}", Leaf(key, param.keys[key]), help)
        annotation, default = self.long(param)
        doc = param.entries.get("doc")
        if doc is not None and not (isinstance(doc, Leaf) and isinstance(doc.value, str)):
            raise self.fault("takes a text as its doc", doc)
        return annotation, _info(default, str(doc.value) if doc else None)

    def long(self, param: Fields) -> tuple[Any, Any]:
        """The type and the default of a mapping."""
        word, default = param.entries.get("type"), param.entries.get("default")
        if word is None:
            if default is None:
                raise self.fault("says neither type nor default", param)
            return self.short(default)
        if not (isinstance(word, Leaf) and word.value in TYPES):
            raise self.fault(f"takes the types {', '.join(TYPES)}, got {show(word)}", word)
        annotation = TYPES[str(word.value)]
        if default is None:
            return annotation, ...
        try:
            adapter = TypeAdapter(annotation, config=ConfigDict(strict=True))
            return annotation, adapter.validate_python(frozen(plain(default)))
        except ValidationError:
            message = f"is of the type {word.value}, and its default is {show(default)}"
            raise self.fault(message, default) from None

    def short(self, param: Tree) -> tuple[Any, Any]:
        """The type and the default of a type's name – then there is no default – or of a default."""
        if isinstance(param, Leaf) and param.value is not None:
            if isinstance(param.value, str) and param.value in TYPES:
                return TYPES[param.value], ...
            return type(param.value), param.value
        if isinstance(param, Items):
            return tuple[Any, ...], frozen(plain(param))
        raise self.fault(f"takes {', '.join(TYPES)}, or a default, got {show(param)}", param)

    def fault(self, message: str, tree: Tree, help: str | None = None) -> UnresolvedError:
        problem = Problem("wrong-type", f"{self.path} {message}", tree.mark, self.path, help=help)
        return self.problems.fail(problem)


def _info(default: Any, doc: str | None = None) -> FieldInfo:
    info: FieldInfo = Field(default, description=doc)
    return info
