"""A figure: a view measured, laid out and put in its place, as primitives that any format can write."""

from __future__ import annotations

from archspec.diagrams.figure.arrange import arrange
from archspec.diagrams.figure.draw import draw, group_kind, marks, outline, tag, wire_kind
from archspec.diagrams.figure.figure import Figure
from archspec.diagrams.figure.part import Part, Parts
from archspec.diagrams.figure.placed import Arrangement, PlacedBox
from archspec.diagrams.figure.primitive import Circle, Group, Path, Primitive, Rect, Shape, Text
from archspec.diagrams.figure.write import write_box, write_frame, write_label

__all__ = [
    "Arrangement", "Circle", "Figure", "Group", "Part", "Parts", "Path", "PlacedBox", "Primitive", "Rect", "Shape",
    "Text", "arrange", "draw", "group_kind", "marks", "outline", "tag", "wire_kind", "write_box", "write_frame",
    "write_label",
]  # fmt: skip
