"""A figure: a view measured, laid out and put in its place, as primitives that any format can write."""

from __future__ import annotations

from archspec.diagrams.figure.arrange import arrange
from archspec.diagrams.figure.draw import draw, group_kind, head_kind, marks, outline, sample, tag, wire_kind
from archspec.diagrams.figure.figure import Figure
from archspec.diagrams.figure.heat import share, ticks, total
from archspec.diagrams.figure.legend import entries
from archspec.diagrams.figure.measure import Leaf, Measure
from archspec.diagrams.figure.part import Part, Parts
from archspec.diagrams.figure.placed import Arrangement, PlacedBox, PlacedWire, Swatch
from archspec.diagrams.figure.primitive import Circle, Group, Path, Primitive, Rect, Shape, Text
from archspec.diagrams.figure.write import write_box, write_frame, write_label

__all__ = [
    "Arrangement", "Circle", "Figure", "Group", "Leaf", "Measure", "Part", "Parts", "Path", "PlacedBox", "PlacedWire",
    "Primitive", "Rect", "Shape", "Swatch", "Text", "arrange", "draw", "entries", "group_kind", "head_kind", "marks",
    "outline", "sample", "share", "tag", "ticks", "total", "wire_kind", "write_box", "write_frame", "write_label",
]  # fmt: skip
