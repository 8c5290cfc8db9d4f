"""`$(…)` unquoted in `{ }` or `[ ]`: YAML ends it at its first comma or bracket."""

from __future__ import annotations

import re

from archspec.errors import Mark, Problem

_CUTS = re.compile(r"[][{},]")
_MOST_CHARACTERS = 1000


def cut_expression(text: str, start: int) -> str:
    """The whole expression that begins at `start`, if YAML cuts it; an empty text where it does not."""
    whole = _expression(text, start)
    return whole if _CUTS.search(whole) else ""


def cut_problem(expression: str, mark: Mark) -> Problem:
    """The problem of an expression that YAML cuts."""
    shown = re.sub(r"\s+", " ", expression)
    quote = "'" if '"' in expression else '"'
    cut = _CUTS.search(expression)
    message = f"unquoted within {{ }} or [ ], the expression {shown} ends at its `{cut[0] if cut else ','}`"
    return Problem("yaml-expression-comma", message, mark, help=f"quote it: {quote}{shown}{quote}")


def _expression(text: str, start: int) -> str:
    """`$(…)` from `start` to the bracket that closes it; an empty text where none does."""
    depth, quote = 0, ""
    for index in range(start + 1, min(len(text), start + _MOST_CHARACTERS)):
        char = text[index]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        else:
            depth += (char == "(") - (char == ")")
            if not depth:
                return text[start : index + 1]
    return ""
