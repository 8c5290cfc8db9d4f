r"""Characters that JSON writes as two escapes, `"\ud83d\ude00"`: YAML knows no halves of pairs.

Before the text is parsed, private characters of the same length stand in for the halves, so that every mark stays true;
each scalar that has them is mended when it is read.
"""

from __future__ import annotations

import re

_FIRST, _SECOND = "89abAB", "cdefCDEF"
_STAND_INS = "012345", "6789abcd"
"""The second hexadecimal digits of U+E000 to U+E5FF and U+E600 to U+EDFF, which stand in for the halves."""
_PAIR = re.compile(
    rf"(?<!\\)((?:\\\\)*)\\u([dD])([{_FIRST}])([0-9a-fA-F]{{2}})\\u([dD])([{_SECOND}])([0-9a-fA-F]{{2}})"
)
_TAKEN = re.compile(r"\\u[eE][0-9a-dA-D]|[\ue000-\uedff]")
_ESCAPES = re.compile(rf"\\u([eE])([{_STAND_INS[0]}])(..)\\u([eE])([{_STAND_INS[1]}])(..)")
_CHARACTERS = re.compile("([\ue000-\ue5ff])([\ue600-\uedff])")
_TO = str.maketrans("dD", "eE"), str.maketrans(_FIRST, _STAND_INS[0]), str.maketrans(_SECOND, _STAND_INS[1])
_BACK = str.maketrans("eE", "dD"), str.maketrans(_STAND_INS[0], _FIRST), str.maketrans(_STAND_INS[1], _SECOND)


def hidden(text: str) -> str:
    """The text with stand-ins for its pairs; the same text where it has none, or has the stand-ins itself."""
    if not re.search(r"\\u[dD][89abAB]", text) or _TAKEN.search(text):
        return text
    return _PAIR.sub(lambda match: match[1] + _exchanged(match.groups()[1:], _TO), text)


def shown(text: str, *, escaped: bool) -> str:
    """A scalar's text with its pairs back: as characters in double quotes, where it is `escaped`; else as written."""
    if escaped:
        return _CHARACTERS.sub(lambda match: _character(ord(match[1]), ord(match[2])), text)
    return _ESCAPES.sub(lambda match: _exchanged(match.groups(), _BACK), text)


def _exchanged(parts: tuple[str, ...], tables: tuple[dict[int, int], dict[int, int], dict[int, int]]) -> str:
    kind, first, second = tables
    head, high, ending, tail, low, rest = parts
    halves = (
        head.translate(kind) + high.translate(first) + ending,
        tail.translate(kind) + low.translate(second) + rest,
    )
    return "".join(f"\\u{half}" for half in halves)


def _character(high: int, low: int) -> str:
    """The character of two stand-ins."""
    first, second = _bits(high, _STAND_INS[0], _FIRST), _bits(low, _STAND_INS[1], _SECOND)
    return chr(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))


def _bits(stand_in: int, digits: str, halves: str) -> int:
    """The half of a pair that a character stands in for."""
    digit = halves[digits.index(f"{stand_in >> 8 & 0xF:x}")]
    return 0xD000 | int(digit, 16) << 8 | stand_in & 0xFF
