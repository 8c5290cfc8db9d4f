"""Slips of the pen that a parser notices only lines later: the place at fault, from what was read before it stopped."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

from archspec.errors import Problem
from archspec.language.document.positions import Positions

_BEFORE_A_QUOTE = re.compile(r"(?:^|[-:,\[{(])\s*$")
_KEY_LINE = re.compile(r"""\n\s*(?:- )?[\w."'-]+:(?:\s|$)""")
_GLUED = re.compile(r"""(?:[\w.-]+|"[^"\n]*"|'[^'\n]*'):(?=\S)""")


@dataclass(frozen=True, slots=True)
class Before:
    """What stands before the fault: the last scalar, how it is written, and the last bracket that is still open."""

    scalar: range | None = None
    quoted: bool = False
    key: bool = False
    """Whether the scalar is a key, whose value is not read yet."""
    bracket: int | None = None


def slip(before: Before, at: int, positions: Positions) -> Problem | None:
    """The problem of a slip on a line above `at`, where the parser stopped; None where it stopped at the fault."""
    return (
        _quote(before, at, positions)
        or _bracket(before, at, positions)
        or _colon(before, at, positions)
        or _indentation(at, positions)
    )


def escape_slip(began: int, at: int, positions: Positions) -> Problem | None:
    """The problem of a quote that opens at `began`, where the text up to `at` must be outside of it."""
    return _open_quote(began, positions) if _KEY_LINE.search(positions.source.text[began:at]) else None


def colon_problem(start: int, positions: Positions) -> Problem:
    """The problem of a key that begins at `start` and has no colon, or nothing between its colon and its value."""
    text = positions.source.text
    if glued := _GLUED.match(text, start):
        message, help = "expected a space behind this `:`", f"write {text[start : glued.end()]} …"
        return Problem("yaml-syntax", message, positions.mark(glued.end() - 1, glued.end()), help=help)
    word = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|\S*").match(text, start)
    return Problem("yaml-syntax", "expected `:` after this key", positions.mark(start, word.end() if word else start))


def _quote(before: Before, at: int, positions: Positions) -> Problem | None:
    """The last scalar ends right before the fault, at a quote that was meant to open another one."""
    text, scalar = positions.source.text, before.scalar
    if scalar is None or not before.quoted or text[scalar.stop : at].strip(" "):
        return None
    line = text.rfind("\n", 0, scalar.stop) + 1
    if line <= scalar.start or not _BEFORE_A_QUOTE.search(text[line : scalar.stop - 1]):
        return None
    return _open_quote(scalar.start, positions)


def _open_quote(start: int, positions: Positions) -> Problem:
    message = "the quote that opens here is not closed on its line"
    return Problem("yaml-syntax", message, positions.mark(start, start + 1), help="close it where the text ends")


def _bracket(before: Before, at: int, positions: Positions) -> Problem | None:
    """A bracket is open, and the fault's line is indented no deeper than its own."""
    start, text = before.bracket, positions.source.text
    if start is None:
        return None
    below = positions.place(at)[0] > positions.place(start)[0]
    if text[at:].strip() and not (below and positions.indentation(at) <= positions.indentation(start)):
        return None
    closing = "]" if text[start] == "[" else "}"
    message = f"the `{text[start]}` that opens here is never closed"
    return Problem("yaml-syntax", message, positions.mark(start, start + 1), help=f"close it with {closing}")


def _colon(before: Before, at: int, positions: Positions) -> Problem | None:
    """The last scalar begins a line, where a key stands, and the fault is on a line below."""
    text, scalar = positions.source.text, before.scalar
    if scalar is None or before.key or before.bracket is not None:
        return None
    line, begins = positions.line_up_to(scalar.start), positions.place(scalar.start)[0]
    between = re.sub(r"#.*", "", text[scalar.stop : at])
    if line[:-1].strip(" -") or begins == positions.place(at)[0] or between.strip():
        return None
    return colon_problem(scalar.start, positions)


def _indentation(at: int, positions: Positions) -> Problem | None:
    """The first line of a mapping is indented unlike the document, and the fault's line is not."""
    rows = [(number, row) for number, row in enumerate(positions.source.text.split("\n"), 1) if _counts(row)]
    number = positions.place(at)[0]
    above = [row for row in rows if row[0] < number]
    own, step = positions.indentation(at), _step([_indent(row) for _, row in rows])
    while above and _indent(above[-1][1]) > own:
        first = above.pop()
        if above and own - _indent(above[-1][1]) == step != _indent(first[1]) - _indent(above[-1][1]):
            return _odd(first[0], number, own, positions)
    if len(above) > 1 and not above[-1][1].rstrip().endswith(":"):
        outer, first = _indent(above[-2][1]), above[-1]
        if outer < _indent(first[1]) < own == outer + step:
            return _odd(first[0], number, own, positions)
    return None


def _odd(line: int, other: int, indent: int, positions: Positions) -> Problem:
    row = positions.source.line(line)
    start = positions.start(line)
    spaces = f"{_indent(row)} space{'s' if _indent(row) != 1 else ''}"
    message = f"this line is indented by {spaces}, and line {other}, which continues it, by {indent}"
    help = "give all keys of one mapping, and all - of one list, the same indentation"
    return Problem("yaml-syntax", message, positions.mark(start + _indent(row), start + len(row)), help=help)


def _step(indents: list[int]) -> int:
    """By how many spaces the lines of the document are mostly indented below one another."""
    steps = Counter(below - above for above, below in pairwise(indents) if below > above)
    return max(steps, key=lambda step: (steps[step], step)) if steps else 0


def _counts(row: str) -> bool:
    return bool(row.strip()) and not row.lstrip().startswith("#")


def _indent(row: str) -> int:
    return len(row) - len(row.lstrip(" "))
