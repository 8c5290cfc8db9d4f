"""Data on one line: `{dim: 64, sizes: [7, 14]}`."""

from __future__ import annotations

import json
import re
from typing import Any

from archspec.language.document.scalar import MOST_DIGITS, WORDS

ESCAPED = "[^ -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
"""The characters that stand only in double quotes, escaped; a pattern that `re` compiles on first use."""

_PLAIN = re.compile(r"[^\W\d$][\w .()/*+%=<>-]*(?:://[\w./%=+-]*)?|\$[\w .()/*+%=<>-]+")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def inline(data: Any) -> str:
    """Plain data on one line, as it may stand behind a key.

    Raises TypeError for a type and ValueError for a value that cannot be written, such as 10**40.
    """
    if isinstance(data, dict):
        return "{" + ", ".join(f"{key_text(key)}: {inline(item)}" for key, item in data.items()) + "}"
    if isinstance(data, list | tuple):
        return "[" + ", ".join(map(inline, data)) + "]"
    if data is None or isinstance(data, bool):
        return {None: "null", True: "true", False: "false"}[data]
    if isinstance(data, int):
        if abs(data) >= 10**MOST_DIGITS:
            raise ValueError(f"an integer of more than {MOST_DIGITS} digits cannot be written")
        return str(int(data))
    if isinstance(data, float):
        return re.sub("(?=inf|nan)", ".", repr(float(data)))
    if isinstance(data, str):
        return data if _PLAIN.fullmatch(data) and data[-1] != " " and data not in WORDS else _quoted(data)
    raise TypeError(f"a value of type {type(data).__name__} cannot be written as YAML")


def key_text(key: Any) -> str:
    """A mapping's key, quoted where it must be. Raises TypeError for a key that is no text."""
    if not isinstance(key, str):
        raise TypeError(f"the key {key!r} is no text")
    return key if _PLAIN_KEY.fullmatch(key) else _quoted(key)


def _quoted(text: str) -> str:
    if any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("half a surrogate pair cannot be written")
    return re.sub(ESCAPED, lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))
