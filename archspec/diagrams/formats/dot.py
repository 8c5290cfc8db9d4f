"""View → DOT, written by the graphviz package: for those who lay out or style a picture with their own tools."""

from __future__ import annotations

from typing import Any

from archspec.diagrams.figure.figure import shape_text
from archspec.diagrams.look.style import LIGHT, Theme, family
from archspec.diagrams.view.view import INPUT, OUTPUT, Box, Level, flows

FONT = "Helvetica,Arial,sans-serif"


def source(level: Level, direction: str = "TB", theme: Theme = LIGHT, title: str | None = None) -> str:
    """A view as a DOT text."""
    import graphviz

    made = graphviz.Digraph(
        graph_attr={"rankdir": direction, "bgcolor": theme.background, "fontname": FONT, "fontcolor": theme.ink},
        node_attr={"shape": "box", "style": "rounded,filled", "fontname": FONT, "fontcolor": theme.ink},
        edge_attr={"fontname": FONT, "fontsize": "10", "color": theme.line, "fontcolor": theme.muted},
    )  # fmt: skip
    if title:
        made.graph_attr.update(label=graphviz.escape(title), labelloc="t")
    _boxes(made, level, theme, 0)
    for flow in flows(level):
        style = {"style": "dashed"} if flow.mode == "train" else {}
        made.edge(_quoted(flow.source), _quoted(flow.target), label=shape_text(flow.shape), **style)
    return str(made.source)


def _boxes(made: Any, level: Level, theme: Theme, depth: int) -> None:
    import graphviz

    for box in level.boxes.values():
        label = graphviz.escape("\n".join(words(box)))
        if box.inner:
            with made.subgraph(name=f"cluster {box.path}") as cluster:
                cluster.attr(label=label, style="rounded,filled", color=theme.frame, fillcolor=theme.frames[depth % 4])
                cluster.attr(id=box.path)
                _boxes(cluster, box.inner, theme, depth + 1)
        elif box.role in (INPUT, OUTPUT):
            if not depth:
                made.node(_quoted(box.path), label, id=box.path, fillcolor=theme.background, color=theme.line)
        elif box.role == "add":
            made.node(
                _quoted(box.path), "+", id=box.path, shape="circle", width="0.25", fixedsize="true",
                fillcolor=theme.background, color=theme.line,
            )  # fmt: skip
        else:
            look = family(box.role)
            made.node(_quoted(box.path), label, id=box.path, fillcolor=theme.fills[look], color=theme.strokes[look])


def _quoted(path: str) -> str:
    """A path as an identifier: a colon would be read as a port."""
    return path.replace(":", "_")


def words(box: Box) -> list[str]:
    """The lines of a box, where it is drawn by others."""
    label = box.label + (f" ×{box.times}" if box.times > 1 else "")
    lines = [box.name] if box.name.replace("_", " ") == label.lower() else [box.name, label]
    if box.mode:
        lines.append(box.mode)
    return [*lines, *box.varies, *([f"weights of {box.node.share}"] if box.node and box.node.share else [])]
