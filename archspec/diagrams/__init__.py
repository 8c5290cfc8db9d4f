"""Shaped graph → picture: `render` draws a graph, `compare` the difference of two, `inline` is for pages."""

from __future__ import annotations

from archspec.diagrams.error import RenderError
from archspec.diagrams.formats import SUFFIXES
from archspec.diagrams.options import OPTIONS, THEMES, Option
from archspec.diagrams.picture import FORMATS, Picture, render

__all__ = ["FORMATS", "OPTIONS", "SUFFIXES", "THEMES", "Option", "Picture", "RenderError", "render"]
