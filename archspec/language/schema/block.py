"""Blocks as JSON Schema: their words, their fields, and the nodes that place them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import NoneType
from typing import get_args

from archspec.graph import Block
from archspec.language.schema.model import default, field_schema, keys_schema, required, summary
from archspec.language.schema.union import Json
from archspec.language.spec import NodeSpec, docstring_of

Blocks = Mapping[str, type[Block]]

NAME: Json = {"pattern": "^[A-Za-z][A-Za-z0-9_]{0,63}$"}


def word_schema(blocks: Blocks) -> Json:
    """The word of a block – one of the package's, or one that the spec brings – or an expression."""
    known = [{"const": word, "description": summary(block)} for word, block in blocks.items()]
    own: Json = {"type": "string", "pattern": r"^([a-z][a-z0-9_]*|\$.*)$"}
    return {"description": "The word of a block.", "anyOf": [*known, own]}


def node_schema(blocks: Blocks) -> Json:
    """A node of a graph: a block, whose word decides the further keys, and what it reads."""
    one_of: Json = {"anyOf": [{"required": ["block"]}, {"required": ["share"]}]}
    return _placed(blocks, {"block": {"$ref": "#/$defs/word"}, **_wiring()}, one_of)


def slot_schema(blocks: Blocks) -> Json:
    """What fills a slot: a word, or a mapping that names a block and its fields."""
    mapping = _placed(blocks, {"block": {"$ref": "#/$defs/word"}}, {"required": ["block"]})
    return {"anyOf": [{"$ref": "#/$defs/word"}, mapping]}


def change_schema(blocks: Blocks) -> Json:
    """A graph that is laid on another: any keys of a node, null to remove it, after and before to place a new one."""
    places = {
        side: {"type": "string", "description": f"The node that this new one stands {side}."}
        for side in ("after", "before")
    }
    keys = {"block": {"$ref": "#/$defs/word"}, **_wiring(), **places}
    then = [_when(block, keys) for block in blocks.values()]
    node: Json = {"type": ["object", "null"], "properties": keys, "allOf": then}
    return {"type": "object", "propertyNames": NAME, "additionalProperties": node}


def config_schema(block: type[Block]) -> Json:
    """A block's fields, each with its documentation. Which other keys are allowed depends on where the block stands."""
    slots = block.slots()
    properties = {
        name: _slot_field(block, name, slots[name]) if name in slots else field_schema(block, name)
        for name in block.model_fields
    }
    return {"type": "object", "properties": properties}


def _placed(blocks: Blocks, keys: Json, need: Json) -> Json:
    then = [_when(block, keys, required(block)) for block in blocks.values()]
    return {"type": "object", "properties": keys, **need, "allOf": then}


def _when(block: type[Block], keys: Json, needed: Iterable[str] = ()) -> Json:
    """Where the word is this block's: its fields, and no other keys."""
    then: Json = {
        "allOf": [{"$ref": f"#/$defs/block.{block.word}"}],
        "properties": dict.fromkeys([*keys, *block.model_fields], True),
        "additionalProperties": False,
    }
    if needed:
        then["required"] = list(needed)
    return {
        "if": {"type": "object", "properties": {"block": {"const": block.word}}, "required": ["block"]},
        "then": then,
    }


def _wiring() -> Json:
    return {key: schema for key, schema in keys_schema(NodeSpec).items() if key != "block"}


def _slot_field(block: type[Block], name: str, role: str) -> Json:
    """A word, or a mapping; a mapping without a word configures the block that stands there by default."""
    field = block.model_fields[name]
    options: list[Json] = [{"$ref": "#/$defs/slot"}]
    if isinstance(field.default, Block):
        config: Json = {"$ref": f"#/$defs/block.{field.default.word}"}
        names = dict.fromkeys(type(field.default).model_fields, True)
        options.append({"allOf": [config], "properties": names, "additionalProperties": False})
    if NoneType in get_args(field.annotation):
        options.append({"type": "null"})
    doc = docstring_of(block, name) or f"A block of the role {role}."
    return {"description": doc, "anyOf": options, **default(field)}
