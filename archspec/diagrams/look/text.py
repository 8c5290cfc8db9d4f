"""Text as it will stand in a picture: measured with the bundled fonts' own metrics, and wrapped."""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"


@cache
def _advances(face: str) -> dict[str, int]:
    """Character → advance width in thousandths of an em."""
    widths = json.loads((FONTS / "metrics.json").read_text(encoding="utf-8"))[face]
    return {char: int(width) for width, chars in widths.items() for char in chars}


def width(text: str, size: float, face: str) -> float:
    """How wide a line of text is, without kerning. A character that the font lacks is reserved a full em."""
    known = _advances(face)
    return sum(known.get(char, 0 if unicodedata.combining(char) else 1000) for char in text) * size / 1000


def lacks(text: str, face: str) -> str:
    """The characters that the face has no glyph for."""
    known = _advances(face)
    return "".join(dict.fromkeys(char for char in text if char not in known and not char.isspace()))


def wrap(text: str, size: float, face: str, most: float) -> list[str]:
    """The text in lines no wider than `most`: broken at spaces, inside a word (or Chinese) where it must be."""
    lines, line = [], ""
    for word in text.split(" "):
        joined = f"{line} {word}" if line else word
        if line and width(joined, size, face) > most and not _wide(word):
            lines.append(line)
            joined = word
        while width(joined, size, face) > most and (cut := _cut(joined, size, face, most)):
            lines.append(joined[:cut].rstrip())
            joined = joined[cut:].lstrip()
        line = joined
    return [*lines, line] if line else lines


def balance(text: str, size: float, face: str, most: float) -> list[str]:
    """The text in as few lines as `most` allows, all about as wide."""
    lines = wrap(text, size, face, most)
    low, high = most / 2, most
    while high - low > 4:
        middle = (low + high) / 2
        low, high = (low, middle) if len(wrap(text, size, face, middle)) == len(lines) else (middle, high)
    return wrap(text, size, face, high)


def _cut(line: str, size: float, face: str, most: float) -> int:
    """How many characters of a line fit; 0 where one is all there is."""
    fits = 1
    while fits < len(line) and width(line[: fits + 1], size, face) <= most:
        fits += 1
    return fits if fits < len(line) else 0


def _wide(word: str) -> bool:
    """Whether a word may be broken anywhere, as Chinese is."""
    return any(unicodedata.east_asian_width(char) in "WF" for char in word)
