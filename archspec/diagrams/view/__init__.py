"""What is drawn: a graph as boxes and wires, level by level, with repeats folded and composites open or closed."""

from __future__ import annotations

from archspec.diagrams.view.box import INPUT, OUTPUT, Box, Level, Wire
from archspec.diagrams.view.flow import Flow, flows, labelled
from archspec.diagrams.view.opening import ALL, Opening, plain
from archspec.diagrams.view.view import view
from archspec.diagrams.view.words import about, cost_of, cost_text, label_lines, number, shape_text

__all__ = [
    "ALL", "INPUT", "OUTPUT", "Box", "Flow", "Level", "Opening", "Wire", "about", "cost_of", "cost_text", "flows",
    "label_lines", "labelled", "number", "plain", "shape_text", "view",
]  # fmt: skip
