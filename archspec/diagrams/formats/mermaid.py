"""View → Mermaid, which GitHub and others draw in place; within their limits, or one level of detail less."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from archspec.diagrams.format import Format
from archspec.diagrams.look import LIGHT, Theme, family
from archspec.diagrams.view import INPUT, OUTPUT, Level, flows, label_lines, labelled, plain

if TYPE_CHECKING:
    from archspec.diagrams.picture import Picture

MOST_CHARACTERS = 50_000
MOST_EDGES = 500
"""What GitHub's Mermaid draws; beyond it there is an error in place of the picture."""


def write(picture: Picture) -> str:
    """The picture as a Mermaid flowchart. Where it would be too large, it is drawn less deep, and a comment says so."""
    deepest = max((plain(path).count(".") for path, node in picture.graph.walk() if node.body), default=-1) + 1
    opening = picture.opening
    asked = min(opening.depth, deepest)
    for depth in range(asked, -1, -1):
        at = replace(opening, depth=depth, expand=opening.expand if depth == asked else frozenset())
        level = picture.view(at)
        text = source(level, picture.options.direction, picture.options.theme, picture.options.shapes)
        if len(text) <= MOST_CHARACTERS and len(flows(level)) <= MOST_EDGES:
            break
    if depth < asked:
        limits = f"{MOST_CHARACTERS:,} characters or {MOST_EDGES} edges"
        text = f"%% drawn to depth {depth} in place of {asked}, which would pass {limits}\n{text}"
    return text


def source(level: Level, direction: str = "TB", theme: Theme = LIGHT, shapes: str = "changes") -> str:
    """A view as a Mermaid text, whatever its size."""
    names: dict[str, str] = {}
    lines = [f"flowchart {direction}"]
    used: dict[str, list[str]] = {}
    _boxes(lines, level, names, used, 1)
    for flow, label in labelled(flows(level), shapes):
        arrow = "-.->" if flow.mode == "train" else "-->"
        words = f'|"{_escaped(label)}"|' if label else ""
        lines.append(f"  {names[flow.source]} {arrow}{words} {names[flow.target]}")
    for look, nodes in used.items():
        fill, stroke = theme.fills[look], theme.strokes[look]
        lines.append(f"  classDef {look} fill:{fill},stroke:{stroke},color:{theme.ink}")
        lines.append(f"  class {','.join(nodes)} {look}")
    return "\n".join(lines) + "\n"


def _boxes(lines: list[str], level: Level, names: dict[str, str], used: dict[str, list[str]], depth: int) -> None:
    indent = "  " * depth
    for box in level.boxes.values():
        if box.role in (INPUT, OUTPUT) and depth > 1:
            continue
        name = names[box.path] = f"n{len(names)}"
        label = "<br>".join(map(_escaped, label_lines(box)))
        if box.inner:
            lines.append(f'{indent}subgraph {name}["{label}"]')
            _boxes(lines, box.inner, names, used, depth + 1)
            lines.append(f"{indent}end")
        elif box.role in (INPUT, OUTPUT):
            lines.append(f'{indent}{name}(["{label}"])')
        elif box.role == "add":
            lines.append(f'{indent}{name}(("+"))')
        else:
            lines.append(f'{indent}{name}["{label}"]')
            used.setdefault(family(box.role), []).append(name)


def _escaped(text: str) -> str:
    """Text for a quoted label; Mermaid's own escapes are HTML entities with # in place of &."""
    for char, code in (("#", "#35;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;")):
        text = text.replace(char, code)
    return text


FORMAT = Format(write, frozenset({"boxes", "wires", "shapes", "tags"}), ("mmd",))
