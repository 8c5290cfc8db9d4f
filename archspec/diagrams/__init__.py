"""Shaped graph → picture: `render` draws a graph, `compare` the difference of two, `inline` is for pages."""

from __future__ import annotations

from archspec.diagrams.comparison import COMPARISONS, Comparison, compare
from archspec.diagrams.error import RenderError
from archspec.diagrams.formats import SUFFIXES
from archspec.diagrams.fragment import inline
from archspec.diagrams.options import COSTS, DIRECTIONS, OPTIONS, THEMES, Option
from archspec.diagrams.picture import FORMATS, Picture, render
from archspec.diagrams.recipe import Recipe, is_signed, look_arguments, look_of, recorded, signed, within_tree

__all__ = [
    "COMPARISONS", "COSTS", "DIRECTIONS", "FORMATS", "OPTIONS", "SUFFIXES", "THEMES", "Comparison", "Option", "Picture",
    "Recipe", "RenderError", "compare", "inline", "is_signed", "look_arguments", "look_of", "recorded", "render",
    "signed", "within_tree",
]  # fmt: skip
