"""The language as a JSON Schema (draft 7), from the same classes that validate: keys, types, documentation, blocks."""

from archspec.language.schema.language import schema

__all__ = ["schema"]
