"""What an annotation takes, as JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from archspec.graph import Block
from archspec.language.schema.union import Json, any_of
from archspec.language.spec import Expect, Input, Modes, NodeSpec, Part

EXPRESSION: Json = {
    "type": "string",
    "pattern": r"^\$",
    "patternErrorMessage": "not of this type, and no expression: $name, $name.field or $(dim // 64)",
}
PARTS: tuple[type[Part], ...] = (Input, Expect, Modes)
"""Models that have a definition of their own, under their name in lower case."""

_LIMITS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "pattern": "pattern",
    "min_length": "minLength",
    "max_length": "maxLength",
}


def annotation_schema(annotation: Any, bounds: Iterable[Any] = ()) -> Json:
    """What an annotation takes, within `bounds`, the metadata of its field; of a mapping also what its names may be.

    Numbers, booleans, closed words and lists may also be expressions.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return annotation_schema(arguments[0], (*arguments[1:], *bounds))
    if origin in (Union, UnionType):
        options = [annotation_schema(argument, bounds if argument is not NoneType else ()) for argument in arguments]
        return any_of(options)
    if origin is Literal:
        return any_of([{"enum": list(arguments)}, EXPRESSION])
    if origin is tuple or annotation is tuple:
        return any_of([_list(arguments), EXPRESSION])
    if origin is dict or annotation is dict:
        if not arguments:
            return {"type": "object"}
        names = {key: value for key, value in annotation_schema(arguments[0]).items() if key != "type"}
        values = {"additionalProperties": annotation_schema(arguments[1])}
        return {"type": "object", **({"propertyNames": names} if names else {}), **values}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _model(annotation)
    return _scalar(annotation, bounds)


def _model(model: type[BaseModel]) -> Json:
    if issubclass(model, Block):
        return {"$ref": "#/$defs/slot"}
    if model in PARTS:
        return {"$ref": f"#/$defs/{model.__name__.lower()}"}
    return {"$ref": "#/$defs/node"} if model is NodeSpec else {"type": "object"}


def _scalar(kind: Any, bounds: Iterable[Any]) -> Json:
    limits = _limits(bounds)
    if kind in (int, float):
        return any_of([{"type": "integer" if kind is int else "number", **limits}, EXPRESSION])
    if kind is bool:
        return any_of([{"type": "boolean"}, EXPRESSION])
    if kind is str:
        extra = [part.json_schema_extra for part in bounds if getattr(part, "json_schema_extra", None)]
        return {"type": "string", **limits, **(extra[0] if extra else {})}
    return {"type": "null"} if kind is NoneType else {}


def _list(arguments: tuple[Any, ...]) -> Json:
    if not arguments or arguments[-1] is ...:
        return {"type": "array", **({"items": annotation_schema(arguments[0])} if arguments else {})}
    items = [annotation_schema(argument) for argument in arguments]
    return {"type": "array", "items": items, "minItems": len(items), "maxItems": len(items)}


def _limits(bounds: Iterable[Any]) -> Json:
    return {
        _LIMITS[name]: getattr(part, name)
        for bound in bounds
        for part in (bound, *getattr(bound, "metadata", ()))
        for name in _LIMITS
        if getattr(part, name, None) is not None
    }
