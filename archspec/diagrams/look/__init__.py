"""How it looks: themes, the rules of every kind of primitive, and text as the bundled fonts measure it."""

from __future__ import annotations

from archspec.diagrams.look.rules import css, paint
from archspec.diagrams.look.style import DARK, LEGEND, LIGHT, THEMES, Theme, family
from archspec.diagrams.look.text import FONTS, balance, lacks, width, wrap

__all__ = [
    "DARK", "FONTS", "LEGEND", "LIGHT", "THEMES", "Theme", "balance", "css", "family", "lacks", "paint", "width",
    "wrap",
]  # fmt: skip
