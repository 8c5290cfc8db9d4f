"""What a model's annotations say: which keys there are, and what each of them takes."""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from archspec.graph import Block
from archspec.language.spec.show import show

Path = tuple[str | int, ...]
Owner = type[BaseModel] | None

LARGEST = 2**31  # the bound of every size; a message states it only where a value exceeds it


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys of a model as a document writes them, in the order of its fields."""
    return tuple(field.alias or name for name, field in model.model_fields.items())


def keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """The keys of the mappings that may stand at a path below a model."""
    return [
        key
        for annotation, _ in annotations_at(model, path)
        for option in _options(annotation)
        if isinstance(option, type) and issubclass(option, BaseModel)
        for key in keys_of(option)
    ]


def annotations_at(model: type[BaseModel], path: Path) -> list[tuple[Any, Owner]]:
    """The annotations that may stand at a path, each with the model whose field it is."""
    annotations: list[tuple[Any, Owner]] = [(model, None)]
    for part in path:
        annotations = [step for annotation, _ in annotations for step in _step(annotation, part)]
    return annotations


def _step(annotation: Any, part: str | int) -> Iterator[tuple[Any, Owner]]:
    for option in _options(annotation):
        origin, arguments = get_origin(option), get_args(option)
        if isinstance(option, type) and issubclass(option, BaseModel):
            for name, field in option.model_fields.items():
                if part in (name, field.alias):
                    yield Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation, option
        elif origin is dict:
            yield arguments[1], None
        elif origin is tuple:
            if arguments[-1] is ...:
                yield arguments[0], None
            elif isinstance(part, int) and part < len(arguments):
                yield arguments[part], None


def _options(annotation: Any) -> Iterator[Any]:
    """The branches of a union, without their metadata."""
    if get_origin(annotation) is Annotated:
        yield from _options(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType):
        for argument in get_args(annotation):
            yield from _options(argument)
    else:
        yield annotation


def wanted_at(model: type[BaseModel], path: Path) -> str:
    """What may stand at a path, as a sentence says it.

    The keys of the language have null as a default, which says that they may be left out; only blocks take null.
    """
    kinds = [
        wanted(annotation, null=owner is None or issubclass(owner, Block))
        for annotation, owner in annotations_at(model, path)
    ]
    return " or ".join(dict.fromkeys(kinds)) or "something else"


def wanted(kind: Any, bounds: tuple[Any, ...] = (), *, null: bool = True) -> str:
    """What an annotation takes, as a sentence says it: `a whole number of at least 1`; null only where `null` is."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return wanted(arguments[0], bounds + arguments[1:], null=null)
    if origin in (Union, UnionType):
        branches = [argument for argument in arguments if null or argument is not NoneType]
        parts = [wanted(branch, bounds if branch is not NoneType else ()) for branch in branches]
        return " or ".join(dict.fromkeys(part for part in parts if part))
    if origin is Literal:
        words = [show(argument).strip("'") for argument in arguments]
        return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
    if origin is tuple:
        if arguments[-1] is ...:
            return f"a list, each {wanted(arguments[0])}"
        return f"a list of {len(arguments)}, each {wanted(arguments[0])}"
    if origin is dict or kind is dict:
        return "a mapping"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "a block" if hasattr(kind, "word") else "a mapping"
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "a text", NoneType: "null"}
    limits = dict(_limits(bounds))
    if kind is str and limits.get("pattern") == r"^\$":
        return ""  # an expression goes without saying
    return names.get(kind, "a value") + (_range(limits) if kind in (int, float) else _form(limits))


def _limits(bounds: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    """The constraints in an annotation's metadata, each by the name that Pydantic has for it."""
    for bound in bounds:
        for part in (bound, *getattr(bound, "metadata", ())):
            for name in ("ge", "gt", "le", "lt", "pattern", "max_length"):
                if getattr(part, name, None) is not None:
                    yield name, getattr(part, name)


def _range(limits: dict[str, Any]) -> str:
    texts = {"ge": "of at least {}", "gt": "above {}", "le": "of at most {}", "lt": "below {}"}
    bounds = [text.format(f"{limits[name]:,}") for name, text in texts.items() if limits.get(name, LARGEST) != LARGEST]
    return f" {' and '.join(bounds)}" if bounds else ""


def _form(limits: dict[str, Any]) -> str:
    if "pattern" in limits:
        return f" of the form {limits['pattern'].strip('^$')}"
    return f" of at most {limits['max_length']} characters" if "max_length" in limits else ""
