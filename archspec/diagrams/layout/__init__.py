"""Where things stand: a layered drawing of one level."""

from __future__ import annotations

from archspec.diagrams.layout.layout import layout
from archspec.diagrams.layout.stroke import COVERED, HEAD, RADIUS, Point, Step, arrow, rounded, trace
from archspec.diagrams.layout.vertex import Edge, Effort, Gaps, Plan, Vertex

__all__ = [
    "COVERED",
    "HEAD",
    "RADIUS",
    "Edge",
    "Effort",
    "Gaps",
    "Plan",
    "Point",
    "Step",
    "Vertex",
    "arrow",
    "layout",
    "rounded",
    "trace",
]
