"""The values of explanations: as text on one line, and as plain data."""

from __future__ import annotations

from typing import Any

from archspec.graph import Block
from archspec.language.document.write import dump
from archspec.language.spec import show_value

_WIDEST = 60


class Failure(str):
    """The reason why a value cannot be computed; it stands where the value would."""


def short(value: Any) -> str:
    """A value on one line, cut where it is long."""
    if isinstance(value, Failure):
        return f"? ({value})"
    if isinstance(value, Block | tuple) or (isinstance(value, dict) and not value):
        return show_value(value)
    try:
        text = " ".join(dump({"_": value}).partition(":")[2].split())
    except (TypeError, ValueError):
        text = show_value(value)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def as_json(value: Any) -> Any:
    """A value as JSON can hold it: blocks as mappings, tuples as lists."""
    if isinstance(value, Block):
        return {"block": value.word, **{name: as_json(item) for name, item in value}}
    if isinstance(value, dict):
        return {name: as_json(item) for name, item in value.items()}
    return [as_json(item) for item in value] if isinstance(value, list | tuple) else value
