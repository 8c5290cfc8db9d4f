"""The values of explanations: as text on one line, and as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from archspec.graph import Block
from archspec.language.document import Fields, Items, Leaf
from archspec.language.document.write import dump
from archspec.language.spec import show_value

_WIDEST = 60
_MOST_SHOWN = 200


class Failure(str):
    """The reason why a value cannot be computed; it stands where the value would."""


def short(value: Any) -> str:
    """A value or a tree on one line, cut where it is long."""
    if isinstance(value, Failure):
        return f"? ({value})"
    if isinstance(value, Leaf):
        value = value.value
    if type(value) is int:
        return str(value)
    if isinstance(value, Block | tuple) or (isinstance(value, dict) and not value):
        return show_value(value)
    try:
        text = " ".join(dump({"_": _head(value, [_MOST_SHOWN])}).partition(":")[2].split())
    except (TypeError, ValueError):
        text = show_value(value)
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _head(value: Any, room: list[int]) -> Any:
    """The first values of a value or a tree as plain data: a line has no room for more than its `room`."""
    if isinstance(value, Leaf):
        value = value.value
    if isinstance(value, Fields | dict):
        items = value.entries if isinstance(value, Fields) else value
        return {key: _head(items[key], room) for key in _while_there_is(room, items)}
    if isinstance(value, Items | tuple | list):
        within = value.items if isinstance(value, Items) else value
        return [_head(item, room) for item in _while_there_is(room, within)]
    return value[:_MOST_SHOWN] if isinstance(value, str) else value


def _while_there_is(room: list[int], items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        if not room[0]:
            return
        room[0] -= 1
        yield item


def as_json(value: Any) -> Any:
    """A value as JSON can hold it: blocks as mappings, tuples as lists."""
    if isinstance(value, Block):
        return {"block": value.word, **{name: as_json(item) for name, item in value}}
    if isinstance(value, dict):
        return {name: as_json(item) for name, item in value.items()}
    return [as_json(item) for item in value] if isinstance(value, list | tuple) else value
