"""Plain scalars by the core schema of YAML 1.2: what `12`, `true` or `.inf` means where no quotes stand around it."""

from __future__ import annotations

import math
import re

from archspec.language.document.tree import Scalar

MOST_DIGITS = 30

WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **{f"{sign}.{word}": float(f"{sign}inf") for sign in ("", "+", "-") for word in ("inf", "Inf", "INF")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def resolve(text: str) -> Scalar:
    """The value of a plain scalar. Raises ValueError for a number that is too long or too large."""
    if text in WORDS:
        return WORDS[text]
    if _INT.fullmatch(text):
        if (digits := len(text.lstrip("+-"))) > MOST_DIGITS:
            raise ValueError(f"an integer of {digits} digits is longer than the {MOST_DIGITS} that are read")
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if _FLOAT.fullmatch(text):
        if len(text) > 10 * MOST_DIGITS:
            raise ValueError(f"a number of {len(text)} characters is longer than the {10 * MOST_DIGITS} that are read")
        if math.isinf(number := float(text)):
            raise ValueError(f"{text[:60]} is larger than a float can be")
        return number
    return text
