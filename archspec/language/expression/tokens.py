"""The words of an expression: nothing else reaches Python's parser."""

from __future__ import annotations

import re

from archspec.language.expression.error import ExpressionError

MOST_LEVELS = 50

_TOKEN = re.compile(
    r"""(?P<space>[ \t\n\r]+)
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<text>'[^'\\\n]*'|"[^"\\\n]*")
    | (?P<sign>\*\*|//|==|!=|<=|>=|[-+*/%<>()\[\],:.])""",
    re.VERBOSE,
)
_LONGEST_NUMBER = 30
_CLOSING = {"(": ")", "[": "]"}
_HINTS = {
    "=": "compare with ==",
    "^": "write ** for a power",
    "&": "write and",
    "|": "write or",
    "!": "write not",
    "$": "within $(…) a name stands without $",
    "#": "a comment goes behind the whole value",
}


def check_tokens(text: str) -> None:
    """Raises ExpressionError unless `$(…)` has only known words, and all its brackets close, the first one last."""
    opened: list[int] = []
    at, before = 1, ""
    while at < len(text):
        token = _TOKEN.match(text, at)
        if not token:
            raise _stray_character(text, at)
        kind, word = token.lastgroup or "", token[0]
        if kind in ("name", "text", "number") and before in ("name", "number"):
            message = f"{word} stands right behind another word or number"
            raise ExpressionError(message, at, len(word), "put a sign between")
        if kind == "number" and len(word) > _LONGEST_NUMBER:
            raise ExpressionError(f"a number of {len(word)} characters is too long", at, len(word))
        before = kind
        if word in _CLOSING:
            opened.append(at)
            if len(opened) > MOST_LEVELS:
                raise too_deep()
        elif word in _CLOSING.values():
            _close(text, opened, at)
        at = token.end()
    if opened:
        raise ExpressionError(f"`{text[opened[-1]]}` is never closed", opened[-1])


def word_at(text: str, at: int) -> str:
    """The token that begins at an offset, or the character there."""
    token = _TOKEN.match(text, at)
    return token[0] if token and token[0].strip() else text[at]


def too_deep() -> ExpressionError:
    """The error of an expression that is nested too deep."""
    return ExpressionError(f"the expression is nested deeper than {MOST_LEVELS} levels", help="name parts as params")


def check_spaces(text: str) -> None:
    """Raises ExpressionError for a space that only looks like one, such as U+00A0, unless it stands in quotes."""
    outside = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"", lambda match: "q" * len(match[0]), text)
    if odd := re.search(r"[^\S \t\n\r]|[\u200b-\u200f\u2060\ufeff]", outside):
        raise ExpressionError(f"{_named(odd[0])} cannot stand in an expression", odd.start(), 1, "write a plain space")


def _named(char: str) -> str:
    """A character that cannot be seen, by its number and its name in Unicode."""
    from unicodedata import name

    return f"U+{ord(char):04X} ({name(char, 'a control character').lower()})"


def _stray_character(text: str, at: int) -> ExpressionError:
    what = "a quote that is never closed" if text[at] in "'\"" else f"`{text[at]}`"
    if text[at] in "'\"" and "\\" in text[at:]:
        what = "a text with \\ in it"
    return ExpressionError(f"{what} cannot stand in an expression", at, 1, _HINTS.get(text[at]))


def _close(text: str, opened: list[int], at: int) -> None:
    """Match the closing bracket at an offset with the one that was opened last."""
    if not opened or _CLOSING[text[opened[-1]]] != text[at]:
        raise ExpressionError(f"`{text[at]}` closes no bracket", at)
    opened.pop()
    if not opened and text[at + 1 :].strip():
        help = "put the whole value into one $(…)"
        raise ExpressionError("the expression ends before the text does", at + 1, 1, help)
