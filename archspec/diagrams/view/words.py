"""How shapes, costs and boxes are put into words."""

from __future__ import annotations

from archspec.diagrams.view.box import Box
from archspec.graph import Cost, Shape


def shape_text(shape: Shape) -> str:
    """`197×384`."""
    return shape.text.replace("x", "×")


def number(value: float) -> str:
    """Three digits and a unit: `20.0 M`."""
    for unit, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if value >= size * 0.9995:
            scaled = value / size
            return f"{scaled:.{max(0, 2 - (scaled >= 9.995) - (scaled >= 99.95))}f}\N{NO-BREAK SPACE}{unit}"
    return f"{value:g}\N{NO-BREAK SPACE}"


def cost_text(cost: Cost, which: tuple[str, ...]) -> str:
    """`1.79 M params · 314 MMACs`; what is nothing is left out."""
    parts = []
    if "params" in which and cost.params:
        parts.append(f"{number(cost.params).rstrip()}\N{NO-BREAK SPACE}params")
    if "macs" in which and cost.macs:
        parts.append(f"{number(cost.macs)}MACs")
    return " · ".join(parts)


def cost_of(box: Box, which: tuple[str, ...]) -> str:
    """What a box costs; one in a repeat says what each of its copies does, or all do where that differs."""
    one, all = (box.cost.params, box.cost.macs), (box.total.params, box.total.macs)
    alike = all == tuple(cost * box.copies for cost in one)
    text = cost_text(box.cost if alike else box.total, which)
    return text and text + (" each" if alike else f" in {box.copies}") * (box.copies > 1)


def about(box: Box) -> str:
    """The hover text of a box: path, block, shapes, cost, line of the spec."""
    lines = [box.path]
    if box.node:
        node = box.node
        lines.append(box.label + (f" ×{box.times}" if box.times > 1 else ""))
        lines.append(", ".join(shape_text(shape) for shape in node.outputs))
        lines.append(cost_of(box, ("params", "macs")))
        if node.mark:
            lines.append(f"line {node.mark.line}")
    return "\n".join(line for line in lines if line)


def label_lines(box: Box) -> list[str]:
    """The lines of a box in formats that lay out boxes themselves."""
    label = box.label + (f" ×{box.times}" if box.times > 1 else "")
    lines = [box.name] if box.name.replace("_", " ") == label.lower() else [box.name, label]
    if box.mode:
        lines.append(box.mode)
    holds = () if box.inner else box.holds
    return [*lines, *holds, *box.varies, *([f"weights of {box.node.share}"] if box.node and box.node.share else [])]
