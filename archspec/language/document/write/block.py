"""Data as a document: a line for each key, small collections on one line, long texts as blocks of lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from archspec.language.document.write.inline import ESCAPED, inline, key_text


def dump(data: Any) -> str:
    """Plain data as text that reads back equal.

    Raises TypeError for a type and ValueError for a value that cannot be written.
    """
    return "\n".join(_lines(data, "") if isinstance(data, dict) and data else [inline(data)]) + "\n"


def _lines(data: Any, pad: str) -> Iterator[str]:
    """A mapping or list in block style."""
    if isinstance(data, dict):
        for key, item in data.items():
            word = key_text(key)
            # a key of more than 1,024 characters is read as one only behind a `?`
            yield from _entry(f"{pad}{word}:" if len(word) < 1000 else f"{pad}? {word}\n{pad}:", item, pad)
    else:
        for item in data:
            yield from _entry(f"{pad}-", item, pad)


def _entry(head: str, item: Any, pad: str) -> Iterator[str]:
    if isinstance(item, str) and _is_prose(item):
        yield f"{head} |" if item.endswith("\n") else f"{head} |-"
        yield from (f"{pad}  {line}" if line else "" for line in item.removesuffix("\n").split("\n"))
    elif isinstance(item, dict | list | tuple) and item and not _is_small(item):
        yield head
        yield from _lines(item, pad + "  ")
    else:
        yield f"{head} {inline(item)}"


def _is_prose(text: str) -> bool:
    """Whether a text has several lines and reads back equal from a block of them."""
    lines = text.removesuffix("\n").split("\n")
    printable = not re.search(ESCAPED, text.replace("\n", ""))
    return "\n" in text and printable and bool(lines[-1].strip()) and lines[0][:1].strip() != ""


def _is_small(data: Any) -> bool:
    """Whether a collection is short enough for one line."""
    items = list(data.values()) if isinstance(data, dict) else list(data)
    flat = [part for item in items for part in (item if isinstance(item, list | tuple) else [item])]
    nested = any(isinstance(part, dict | list | tuple) for part in flat)
    return len(flat) <= 24 and not nested and len(inline(data)) <= 100
