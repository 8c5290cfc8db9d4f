"""What is wrong with a text that is not YAML, in sentences of our own; loaded when a text has such a fault."""

from __future__ import annotations

import re
from typing import Any

import yaml

from archspec.errors import Problem
from archspec.language.document.positions import Positions
from archspec.language.document.slips import Before, colon_problem, escape_slip, slip
from archspec.language.document.tree import MOST_LEVELS

_INDENTATION = "give all keys of one mapping, and all - of one list, the same indentation"


def offset_of(error: yaml.MarkedYAMLError) -> int:
    """The character at which the parser stopped."""
    mark: Any = error.problem_mark or error.context_mark
    return int(mark.index) if mark else 0


def is_too_deep(error: yaml.MarkedYAMLError) -> bool:
    """Whether libyaml, which reads ahead of its events, has refused the depth of the text before we do."""
    return "nesting depth" in str(error).lower()


def depth_problem(positions: Positions, depth: int) -> Problem:
    """The problem of brackets that are nested too deep; `depth` collections are open where the brackets begin."""
    at = _first_too_deep(positions.source.text, depth)
    return Problem("yaml-depth", f"values are nested deeper than {MOST_LEVELS} levels", positions.mark(at, at + 1))


def _first_too_deep(text: str, depth: int) -> int:
    for at in range(text.find("[" if "[" in text else "{"), len(text)):
        depth += (text[at] in "[{") - (text[at] in "]}")
        if depth > MOST_LEVELS:
            return at
    return 0


def syntax_problem(error: yaml.MarkedYAMLError, positions: Positions, before: Before) -> Problem:
    """The complaint of PyYAML's or libyaml's parser as a sentence, at the place that is at fault."""
    at = offset_of(error)
    context: Any = error.context_mark
    began = context.index if context else at
    reason = (error.problem or "").removeprefix("found ")
    line = positions.line_up_to(at)
    if "\t" in line and not line.strip():
        return _problem("a tab indents this line", positions, at, "indent with spaces")
    if "end of stream" in reason:
        return _problem("the quote that opens here is never closed", positions, began)
    if "expected ':'" in reason:
        return colon_problem(began, positions)
    if "escape" in reason:
        return escape_slip(began, at, positions) or _escape_problem(reason, at, positions)
    if any(word in reason for word in _STRUCTURE) and (problem := slip(before, at, positions)):
        return problem
    return _problem_here(error, reason, at, began, positions)


_STRUCTURE = ("not allowed", "',' or '", "block end", "expected key", "'-' indicator", "document start", "node content")


def _problem_here(error: yaml.MarkedYAMLError, reason: str, at: int, began: int, positions: Positions) -> Problem:
    """The problem of a text that is at fault where the parser stopped."""
    char = positions.source.text[at : at + 1]
    code, message, help = "yaml-syntax", f"{reason.lower()} {error.context or ''}".strip(), None
    if "cannot start any token" in reason:
        message, help = f"`{char}` cannot begin a value", "quote the value"
    elif "values are not allowed" in reason:
        message, help = "a `:` cannot stand here", f"quote a text that holds `: `, or {_INDENTATION}"
    elif "entries are not allowed" in reason:
        message, help = "a list cannot begin on the line of its key", "begin it on the next line, or write [ … ]"
    elif "',' or '" in reason:
        closing = "}" if "'}'" in reason else "]"
        message = f"expected , or {closing} here"
        help = f"the bracket of line {positions.place(began)[0]} is still open"
    elif any(word in reason for word in ("block end", "expected key", "'-' indicator")):
        message, help = f"this does not continue what begins at line {positions.place(began)[0]}", _INDENTATION
    elif "document start" in reason:
        message, help = "this does not belong to the value before it", _INDENTATION
    elif "node content" in reason:
        message = f"expected a value here, got {f'`{char}`' if char.strip() else 'the end'}"
    elif "tag handle" in reason:
        code, message, help = "yaml-tag", "this tag is not known", "remove the tag"
    elif "anchor" in (error.context or "") or "alias" in (error.context or ""):
        message, help = "expected a name after & or *", "quote a text that begins with & or *"
    return _problem(message, positions, at, help, code)


def _escape_problem(reason: str, at: int, positions: Positions) -> Problem:
    text = positions.source.text
    if "unknown" not in reason:
        hexadecimal = re.compile(r"[0-9a-fA-F]*").match(text, at)
        shown = text[text.rfind("\\", 0, at) : hexadecimal.end() if hexadecimal else at]
        message = f"{shown} is half a surrogate pair" if re.match(r"\\u[dD][89a-fA-F]", shown) else None
        return _problem(message or f"{shown or 'this'} is no character", positions, at, "write the character itself")
    escape = re.search(r"\\.?", text[at - 1 : at + 2] if text[at : at + 1] != "\\" else text[at : at + 2])
    message = f"{escape[0] if escape else 'this'} is no escape in double quotes"
    return _problem(message, positions, at, "use single quotes")


def _problem(
    message: str, positions: Positions, at: int, help: str | None = None, code: str = "yaml-syntax"
) -> Problem:
    return Problem(code, message, positions.mark(at, min(at + 1, len(positions.source.text))), help=help)
