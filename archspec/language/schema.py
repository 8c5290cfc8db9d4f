"""The language as a JSON Schema (draft 7), from the same classes that validate: keys, types, documentation, blocks."""

from __future__ import annotations

from collections.abc import Iterable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from archspec.graph.block import Block
from archspec.language.spec import (
    BlockSpec,
    Expect,
    Input,
    Library,
    Modes,
    NodeSpec,
    Part,
    Spec,
    docstring_of,
    wanted,
)
from archspec.language.wiring import TYPES
from archspec.language.words import Vocabulary

Json = dict[str, Any]
EXPRESSION: Json = {
    "type": "string",
    "pattern": r"^\$",
    "patternErrorMessage": "not of this type, and no expression: $name, $name.field or $(dim // 64)",
}
PARTS: tuple[type[Part], ...] = (Input, Expect, Modes)


def schema(vocabulary: Vocabulary | None = None) -> Json:
    """The schema of a spec; a node's keys depend on its block, and an expression may stand for any value."""
    words = vocabulary or Vocabulary()
    blocks = {word: words[word] for word in words}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "archspec",
        "description": "A vision transformer as a graph of blocks.",
        **_top(),
        "$defs": {
            "word": _word(blocks),
            "node": _node(blocks, wiring=True),
            "slot": {"anyOf": [{"$ref": "#/$defs/word"}, _node(blocks, wiring=False)]},
            "graph": {"type": "object", "propertyNames": _NAME, "additionalProperties": {"$ref": "#/$defs/node"}},
            "change": _change(blocks),
            "variant": _variant(),
            "block": _definition(),
            "param": _param(),
            **{part.__name__.lower(): _part(part) for part in PARTS},
            **{f"block.{word}": _config(block) for word, block in blocks.items()},
        },
    }


_NAME: Json = {"pattern": "^[A-Za-z][A-Za-z0-9_]{0,63}$"}


def _top() -> Json:
    """A spec's keys; a file that extends another changes its graph, a file of blocks has none."""
    keys = _keys(Spec)
    keys["extends"] = {
        "type": "string",
        "description": "The spec that this one changes: file.yaml or file.yaml#variant.",
    }
    keys["params"] = {**_said(Spec, "params"), "type": "object", "propertyNames": _NAME}
    keys["blocks"] = {**_said(Spec, "blocks"), "type": "object", "additionalProperties": {"$ref": "#/$defs/block"}}
    keys["defaults"] = {**_said(Spec, "defaults"), "type": "object", "additionalProperties": {"type": "object"}}
    keys["variants"] = {
        "type": "object",
        "description": "By name: what a variant changes.",
        "additionalProperties": {"$ref": "#/$defs/variant"},
    }
    keys["graph"] = {"description": "The nodes by name; each reads the one above it unless it says from."}
    strict: Json = {"graph": {"$ref": "#/$defs/graph"}, "outputs": keys["outputs"]}
    keys["outputs"] = {"type": "object", "description": "By name: the node that gives it; or by mode, train and eval."}
    whole: Json = {"properties": strict, "required": _required(Spec)}
    library: Json = {"required": _required(Library)}
    return {
        "type": "object",
        "properties": keys,
        "additionalProperties": False,
        "if": {"required": ["extends"]},
        "then": {"properties": {"graph": {"$ref": "#/$defs/change"}}, "required": ["archspec"]},
        "else": {"if": {"required": ["graph"]}, "then": whole, "else": library},
    }


def _variant() -> Json:
    """What a variant may change: all but the language's version and the variants."""
    keys = {key: ref for key, ref in _keys(Spec).items() if key not in ("archspec", "variants", "default")}
    keys |= {key: {"type": "object"} for key in ("params", "inputs", "blocks", "defaults", "outputs", "expect")}
    keys["expect"] = {"$ref": "#/$defs/expect"}
    keys["graph"] = {"$ref": "#/$defs/change"}
    return {"type": ["object", "null"], "properties": keys, "additionalProperties": False}


def _change(blocks: dict[str, type[Block]]) -> Json:
    """A graph that is laid on another: any keys of a node, null to remove it, after and before to place a new one."""
    places = {
        side: {"type": "string", "description": f"The node that this new one stands {side}."}
        for side in ("after", "before")
    }
    keys = {"block": {"$ref": "#/$defs/word"}, **_wiring(), **places}
    then = [_when(block, keys) for block in blocks.values()]
    node: Json = {"type": ["object", "null"], "properties": keys, "allOf": then}
    return {"type": "object", "propertyNames": _NAME, "additionalProperties": node}


def _node(blocks: dict[str, type[Block]], *, wiring: bool) -> Json:
    """A mapping that names a block, whose fields depend on it; in a graph also what it reads, in a slot not."""
    keys = {"block": {"$ref": "#/$defs/word"}, **(_wiring() if wiring else {})}
    then = [_when(block, keys, _required(block)) for block in blocks.values()]
    need: Json = {"anyOf": [{"required": ["block"]}, {"required": ["share"]}]} if wiring else {"required": ["block"]}
    return {"type": "object", "properties": keys, **need, "allOf": then}


def _when(block: type[Block], keys: Json, required: Iterable[str] = ()) -> Json:
    """Where the word is this block's: its fields, and no other keys."""
    names = dict.fromkeys([*keys, *block.model_fields], True)
    fields: Json = {
        "allOf": [{"$ref": f"#/$defs/block.{block.word}"}],
        "properties": names,
        "additionalProperties": False,
    }
    then = {**fields, "required": list(required)} if required else fields
    return {
        "if": {"type": "object", "properties": {"block": {"const": block.word}}, "required": ["block"]},
        "then": then,
    }


def _wiring() -> Json:
    return {key: ref for key, ref in _keys(NodeSpec).items() if key != "block"}


def _word(blocks: dict[str, type[Block]]) -> Json:
    """The word of a block – one of the package's, or one that the spec brings – or an expression."""
    known = [{"const": word, "description": _gist(block)} for word, block in blocks.items()]
    own: Json = {"type": "string", "pattern": r"^([a-z][a-z0-9_]*|\$.*)$"}
    return {"description": "The word of a block.", "anyOf": [*known, own]}


def _definition() -> Json:
    """A block written in YAML."""
    keys = _keys(BlockSpec)
    keys["params"] = {
        **_said(BlockSpec, "params"),
        "type": "object",
        "propertyNames": _NAME,
        "additionalProperties": {"$ref": "#/$defs/param"},
    }
    keys["graph"] = {"$ref": "#/$defs/graph"}
    return {"type": "object", "properties": keys, "required": ["graph"], "additionalProperties": False}


def _param() -> Json:
    """A parameter of a block written in YAML."""
    long: Json = {
        "type": "object",
        "properties": {
            "type": {"enum": list(TYPES), "description": "What the parameter takes."},
            "default": {"description": "Its value where nobody sets one."},
            "doc": {"type": "string", "description": "What it means."},
        },
        "additionalProperties": False,
    }
    words = [{"const": word, "description": "A parameter that must be given."} for word in TYPES]
    return {"anyOf": [*words, {"type": ["string", "number", "boolean", "array"]}, long]}


def _part(part: type[BaseModel]) -> Json:
    return {"type": "object", "description": _gist(part), "properties": _keys(part), "additionalProperties": False}


def _config(block: type[Block]) -> Json:
    """A block's fields; other keys are judged where the block stands."""
    return {"type": "object", "properties": _fields(block)}


def _fields(block: type[Block]) -> Json:
    """A block's fields with their documentation."""
    slots = block.slots()
    return {
        name: _slot(block, name, slots[name]) if name in slots else _field(block, name) for name in block.model_fields
    }


def _slot(block: type[Block], name: str, role: str) -> Json:
    """A word, or a mapping; a mapping without a word configures the block that stands there by default."""
    field = block.model_fields[name]
    options: list[Json] = [{"$ref": "#/$defs/slot"}]
    if isinstance(field.default, Block):
        config: Json = {"$ref": f"#/$defs/block.{field.default.word}"}
        names = dict.fromkeys(type(field.default).model_fields, True)
        options.append({"allOf": [config], "properties": names, "additionalProperties": False})
    if NoneType in get_args(field.annotation):
        options.append({"type": "null"})
    said = docstring_of(block, name) or f"A block of the role {role}."
    return {"description": said, "anyOf": options, **_default(field)}


def _keys(model: type[BaseModel]) -> Json:
    """A model's keys with their documentation."""
    return {field.alias or name: _field(model, name) for name, field in model.model_fields.items()}


def _required(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items() if field.is_required()]


def _field(model: type[BaseModel], name: str) -> Json:
    """What a field takes, and what hovering over its key shows: its docstring, or again what it takes."""
    field = model.model_fields[name]
    kind = _of(field.annotation, field.metadata)
    said = docstring_of(model, name) or f"Takes {wanted(field.annotation, tuple(field.metadata))}."
    return {"description": said, **({"allOf": [kind]} if "$ref" in kind else kind), **_default(field)}


def _said(model: type[BaseModel], name: str) -> Json:
    said = docstring_of(model, name)
    return {"description": said} if said else {}


def _default(field: FieldInfo) -> Json:
    if field.is_required() or field.default is None or isinstance(field.default, BaseModel | dict):
        return {}
    return {"default": list(field.default) if isinstance(field.default, tuple) else field.default}


def _of(kind: Any, bounds: Iterable[Any] = ()) -> Json:
    """What an annotation takes; numbers, booleans, closed words and lists may also be expressions."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _of(arguments[0], (*arguments[1:], *bounds))
    if origin in (Union, UnionType):
        return _any([_of(argument, bounds if argument is not NoneType else ()) for argument in arguments])
    if origin is Literal:
        return _any([{"enum": list(arguments)}, EXPRESSION])
    if origin is tuple or kind is tuple:
        return _any([_list(arguments), EXPRESSION])
    if origin is dict or kind is dict:
        return {"type": "object", **({"additionalProperties": _of(arguments[1])} if arguments else {})}
    if isinstance(kind, type) and issubclass(kind, Block):
        return {"$ref": "#/$defs/slot"}
    if kind in PARTS:
        return {"$ref": f"#/$defs/{kind.__name__.lower()}"}
    if kind is NodeSpec:
        return {"$ref": "#/$defs/node"}
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {"type": "object"}
    limits = _limits(bounds)
    if kind in (int, float):
        return _any([{"type": "integer" if kind is int else "number", **limits}, EXPRESSION])
    if kind is bool:
        return _any([{"type": "boolean"}, EXPRESSION])
    if kind is str:
        return {"type": "string", **limits}
    return {"type": "null"} if kind is NoneType else {}


def _list(arguments: tuple[Any, ...]) -> Json:
    if not arguments or arguments[-1] is ...:
        return {"type": "array", **({"items": _of(arguments[0])} if arguments else {})}
    items = [_of(argument) for argument in arguments]
    return {"type": "array", "items": items, "minItems": len(items), "maxItems": len(items)}


def _any(options: list[Json]) -> Json:
    """One of several. Plain types go into one list: an editor that sees `anyOf` hovers over its parts."""
    flat: list[Json] = []
    for option in (part for given in options for part in given.get("anyOf", [given])):
        types = _types(option)
        twin = next(
            (at for at, other in enumerate(flat) if types and _types(other) and _go_together(option, other)), None
        )
        if option in flat:
            continue
        if twin is None:
            flat.append(option)
        else:
            flat[twin] = {**flat[twin], **option, "type": list(dict.fromkeys([*_types(flat[twin]), *types]))}
    return flat[0] if len(flat) == 1 else {"anyOf": flat}


def _types(option: Json) -> list[str]:
    given = option.get("type", [])
    return given if isinstance(given, list) else [given]


def _go_together(a: Json, b: Json) -> bool:
    """Whether two sets of keywords speak of different types; texts, if of both, in the same words."""
    both = {*_types(a)} & {*_types(b)}
    alike = all(a[key] == b[key] for key in {*a} & {*b} if key != "type")
    return alike and both <= {"string"} and (not both or a.get("pattern") == b.get("pattern"))


def _limits(bounds: Iterable[Any]) -> Json:
    words = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum",
             "pattern": "pattern", "min_length": "minLength", "max_length": "maxLength"}  # fmt: skip
    return {
        words[name]: getattr(part, name)
        for bound in bounds
        for part in (bound, *getattr(bound, "metadata", ()))
        for name in words
        if getattr(part, name, None) is not None
    }


def _gist(model: type[BaseModel]) -> str:
    return (getattr(model, "gist", "") or model.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
