"""The keys of a document as JSON Schema: of a spec, a variant, and a block written in YAML."""

from __future__ import annotations

from pydantic import BaseModel

from archspec.language.schema.block import NAME
from archspec.language.schema.model import description, keys_schema, required, summary
from archspec.language.schema.union import Json
from archspec.language.spec import BlockSpec, Library, Spec
from archspec.language.wiring import TYPES


def spec_schema() -> Json:
    """A spec's keys. A file that extends another changes its graph, and a file of blocks has no graph."""
    keys = keys_schema(Spec)
    keys["extends"] = {
        "type": "string",
        "description": "The spec that this one changes: file.yaml or file.yaml#variant.",
    }
    keys["params"] = {**description(Spec, "params"), "type": "object", "propertyNames": NAME}
    keys["blocks"] = _mapping("blocks", {"$ref": "#/$defs/block"})
    keys["defaults"] = _mapping("defaults", {"type": "object"})
    keys["variants"] = {
        "type": "object",
        "description": "By name: what a variant changes.",
        "additionalProperties": {"$ref": "#/$defs/variant"},
    }
    keys["graph"] = {"description": "The nodes by name; each reads the one above it unless it says from."}
    strict: Json = {"graph": {"$ref": "#/$defs/graph"}, "outputs": keys["outputs"]}
    keys["outputs"] = {"type": "object", "description": "By name: the node that gives it; or by mode, train and eval."}
    whole: Json = {"properties": strict, "required": required(Spec)}
    library: Json = {"required": required(Library)}
    return {
        "type": "object",
        "properties": keys,
        "additionalProperties": False,
        "if": {"required": ["extends"]},
        "then": {"properties": {"graph": {"$ref": "#/$defs/change"}}, "required": ["archspec"]},
        "else": {"if": {"required": ["graph"]}, "then": whole, "else": library},
    }


def variant_schema() -> Json:
    """What a variant may change: all but the language's version and the variants."""
    keys = {key: schema for key, schema in keys_schema(Spec).items() if key not in ("archspec", "variants", "default")}
    keys |= {key: {"type": "object"} for key in ("params", "inputs", "blocks", "defaults", "outputs")}
    keys["expect"] = {"$ref": "#/$defs/expect"}
    keys["graph"] = {"$ref": "#/$defs/change"}
    return {"type": ["object", "null"], "properties": keys, "additionalProperties": False}


def definition_schema() -> Json:
    """A block written in YAML."""
    keys = keys_schema(BlockSpec)
    keys["params"] = {
        **description(BlockSpec, "params"),
        "type": "object",
        "propertyNames": NAME,
        "additionalProperties": {"$ref": "#/$defs/param"},
    }
    keys["graph"] = {"$ref": "#/$defs/graph"}
    return {"type": "object", "properties": keys, "required": ["graph"], "additionalProperties": False}


def param_schema() -> Json:
    """A parameter of a block written in YAML: its type, its default, or a mapping with both."""
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


def part_schema(part: type[BaseModel]) -> Json:
    """A part of a spec, such as an input."""
    return {
        "type": "object",
        "description": summary(part),
        "properties": keys_schema(part),
        "additionalProperties": False,
    }


def _mapping(name: str, values: Json) -> Json:
    return {**description(Spec, name), "type": "object", "additionalProperties": values}
