"""Shaped graph → picture. `render` gives SVG, PNG, PDF, DOT or Mermaid; the names here are what others use."""

from __future__ import annotations

from archspec.diagrams.error import RenderError
from archspec.diagrams.picture import FORMATS, THEMES, Picture, render

__all__ = ["FORMATS", "THEMES", "Picture", "RenderError", "render"]
