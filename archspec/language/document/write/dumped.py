"""Whether a text is as `dump` writes it."""

from __future__ import annotations

from archspec.errors import Source, SpecError
from archspec.language.document.parse import parse
from archspec.language.document.tree import plain
from archspec.language.document.write.block import dump


def is_dumped(text: str) -> bool:
    """Whether a YAML text has nothing – comments, an order, a layout – that `dump` would not write again."""
    try:
        return dump(plain(parse(Source("", text)))) == text
    except (SpecError, RecursionError):
        return False
