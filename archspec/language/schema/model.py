"""A model's fields as JSON Schema, with the texts that an editor shows over their keys."""

from __future__ import annotations

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from archspec.language.schema.annotation import annotation_schema
from archspec.language.schema.union import Json
from archspec.language.spec import docstring_of, wanted


def keys_schema(model: type[BaseModel]) -> Json:
    """By key: what a model takes there."""
    return {field.alias or name: field_schema(model, name) for name, field in model.model_fields.items()}


def field_schema(model: type[BaseModel], name: str) -> Json:
    """What a field takes, described by its docstring, or else by a sentence of what it takes."""
    field = model.model_fields[name]
    kind = annotation_schema(field.annotation, field.metadata)
    doc = docstring_of(model, name) or f"Takes {wanted(field.annotation, tuple(field.metadata))}."
    return {"description": doc, **({"allOf": [kind]} if "$ref" in kind else kind), **default(field)}


def required(model: type[BaseModel]) -> list[str]:
    """The keys that must be there."""
    return [field.alias or name for name, field in model.model_fields.items() if field.is_required()]


def description(model: type[BaseModel], name: str) -> Json:
    """A field's docstring as a schema's `description`; nothing where it has none."""
    doc = docstring_of(model, name)
    return {"description": doc} if doc else {}


def default(field: FieldInfo) -> Json:
    """A field's default, where it is a scalar or a list."""
    if field.is_required() or field.default is None or isinstance(field.default, BaseModel | dict):
        return {}
    return {"default": list(field.default) if isinstance(field.default, tuple) else field.default}


def summary(model: type[BaseModel]) -> str:
    """The first paragraph of a block's gist or a class's docstring, on one line."""
    return (getattr(model, "gist", "") or model.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")
