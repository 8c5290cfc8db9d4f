"""Text as it will stand in a picture: measured with the bundled fonts' own metrics, and wrapped."""

from __future__ import annotations

import json
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import accumulate
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"


@cache
def _advances(face: str) -> dict[str, int]:
    """Character → advance width in thousandths of an em."""
    widths = json.loads((FONTS / "metrics.json").read_text(encoding="utf-8"))[face]
    return {char: int(width) for width, chars in widths.items() for char in chars}


@lru_cache(maxsize=4096)  # boxes of a picture share most of their words
def width(text: str, size: float, face: str) -> float:
    """How wide a line of text is, without kerning. A character that the font lacks is reserved a full em."""
    return sum(_thousandths(text, face)) * size / 1000


def _thousandths(text: str, face: str) -> Iterator[int]:
    """The advance of each character."""
    known = _advances(face)
    return (known.get(char, 0 if unicodedata.combining(char) else 1000) for char in text)


def lacks(text: str, face: str) -> str:
    """The characters that the face has no glyph for."""
    known = _advances(face)
    return "".join(dict.fromkeys(char for char in text if char not in known and not char.isspace()))


def wrap(text: str, size: float, face: str, most: float) -> list[str]:
    """The text in lines no wider than `most`: broken at spaces, inside a word (or Chinese) where it must be."""
    before = [0, *accumulate(_thousandths(text, face))]  # every width is a difference of two: the time is linear

    def wide(start: int, end: int) -> float:
        return (before[end] - before[start]) * size / 1000

    lines, start, end, place = [], 0, 0, 0
    for word in text.split(" "):
        first, last = place, place + len(word)
        begin, place = start if start < end else first, last + 1
        if start < end and wide(start, last) > most and not _wide(word):
            lines.append(text[start:end])
            begin = first
        while wide(begin, last) > most and begin + 1 < last:
            cut = _cut(before, begin, last, most, size)
            lines.append(text[begin:cut].rstrip())
            begin = cut
            while begin < last and text[begin].isspace():
                begin += 1
        start, end = begin, last
    return [*lines, text[start:end]] if start < end else lines


def balance(text: str, size: float, face: str, most: float) -> list[str]:
    """The text in as few lines as `most` allows, all about as wide."""
    lines = wrap(text, size, face, most)
    low, high = most / 2, most
    while high - low > 4:
        middle = (low + high) / 2
        low, high = (low, middle) if len(wrap(text, size, face, middle)) == len(lines) else (middle, high)
    return wrap(text, size, face, high)


def _cut(before: list[int], begin: int, last: int, most: float, size: float) -> int:
    """Where a line that begins there has to end: behind one character, at least."""
    start = before[begin]
    return max(begin + 1, bisect_right(before, most, begin + 1, last, key=lambda at: (at - start) * size / 1000) - 1)


def _wide(word: str) -> bool:
    """Whether a word may be broken anywhere, as Chinese is."""
    return any(unicodedata.east_asian_width(char) in "WF" for char in word)
