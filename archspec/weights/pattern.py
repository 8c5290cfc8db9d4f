"""Patterns of tensor names, as a file of rules has them: `blocks.{i}.attn.{q,k,v}.{p}`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from itertools import product

BRACES = re.compile(r"\{([^{}]*)\}")
_CAPTURES = {"p": r"[^.]+", "*": r".+"}
_NUMBER = (
    "[0-9]++"  # all the digits there are: otherwise numbers side by side share them in more ways than can be tried
)
_CHOICE = re.compile(r"\{([^{}]*,[^{}]*)\}")


def count_alternatives(text: str) -> int:
    """How many `alternatives` there are."""
    return math.prod(inside.count(",") + 1 for inside in _CHOICE.findall(text))


def alternatives(text: str) -> Iterable[str]:
    """`{q,k}.{p}` → `q.{p}`, `k.{p}`, as a shell has it."""
    parts = _CHOICE.split(text)
    choices = [part.split(",") if place % 2 else [part] for place, part in enumerate(parts)]
    return ("".join(choice) for choice in product(*choices))


def unknown_capture(pattern: str) -> str | None:
    """The first braces in a pattern that are neither a letter nor `*`."""
    return next((inside for inside in BRACES.findall(pattern) if not re.fullmatch(r"[a-z]|\*", inside)), None)


def regex(pattern: str) -> re.Pattern[str]:
    """`blocks.{i}.{p}` as a regular expression with a group for each letter, and `rest` for `{*}`.

    `{p}` matches one component, `{*}` everything, any other letter a number; a letter that comes again stands for the
    same text.
    """
    parts, seen = re.split(r"\{([^{}]*)\}", pattern), set()
    for place, part in enumerate(parts):
        if place % 2:
            name = "rest" if part == "*" else part
            parts[place] = f"(?P={name})" if name in seen else f"(?P<{name}>{_CAPTURES.get(part, _NUMBER)})"
            seen.add(name)
        else:
            parts[place] = re.escape(part)
    return re.compile("".join(parts))
