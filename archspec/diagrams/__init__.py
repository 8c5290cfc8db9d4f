"""Shaped graph → picture: `render` draws a graph, `compare` the difference of two, `inline` is for pages."""

from __future__ import annotations

from archspec.diagrams.comparison import COMPARISONS, Comparison, compare
from archspec.diagrams.error import RenderError
from archspec.diagrams.formats import SUFFIXES
from archspec.diagrams.fragment import inline
from archspec.diagrams.options import DIRECTIONS, OPTIONS, THEMES, Option
from archspec.diagrams.picture import FORMATS, Picture, render

__all__ = [
    "COMPARISONS", "DIRECTIONS", "FORMATS", "OPTIONS", "SUFFIXES", "THEMES", "Comparison", "Option", "Picture",
    "RenderError", "compare", "inline", "render",
]  # fmt: skip
