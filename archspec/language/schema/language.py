"""The schema of the whole language: a spec, and the definitions that it refers to."""

from __future__ import annotations

from archspec.language.schema.annotation import PARTS
from archspec.language.schema.block import NAME, change_schema, config_schema, node_schema, slot_schema, word_schema
from archspec.language.schema.document import definition_schema, param_schema, part_schema, spec_schema, variant_schema
from archspec.language.schema.union import Json
from archspec.language.words import Vocabulary


def schema(vocabulary: Vocabulary | None = None) -> Json:
    """The schema of a spec; a node's keys depend on its block, and an expression may stand for any value."""
    words = vocabulary or Vocabulary()
    blocks = {word: words[word] for word in words}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "archspec",
        "description": "A vision transformer as a graph of blocks.",
        **spec_schema(),
        "$defs": {
            "word": word_schema(blocks),
            "node": node_schema(blocks),
            "slot": slot_schema(blocks),
            "graph": {"type": "object", "propertyNames": NAME, "additionalProperties": {"$ref": "#/$defs/node"}},
            "change": change_schema(blocks),
            "variant": variant_schema(),
            "block": definition_schema(),
            "param": param_schema(),
            **{part.__name__.lower(): part_schema(part) for part in PARTS},
            **{f"block.{word}": config_schema(block) for word, block in blocks.items()},
        },
    }
