"""View → DOT, written by the graphviz package: for those who lay out or style a picture with their own tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archspec.diagrams.format import Format
from archspec.diagrams.look import Theme, family
from archspec.diagrams.view import INPUT, OUTPUT, Level, flows, label_lines, labelled

if TYPE_CHECKING:
    from archspec.diagrams.picture import Picture

FONT = "Helvetica,Arial,sans-serif"


def write(picture: Picture) -> str:
    """The picture's view as a DOT text."""
    import graphviz

    level, theme, title = picture.level, picture.options.theme, picture.options.title
    graph = graphviz.Digraph(
        graph_attr={
            "rankdir": picture.options.direction, "bgcolor": theme.background, "fontname": FONT, "fontcolor": theme.ink,
        },
        node_attr={"shape": "box", "style": "rounded,filled", "fontname": FONT, "fontcolor": theme.ink},
        edge_attr={"fontname": FONT, "fontsize": "10", "color": theme.line, "fontcolor": theme.muted},
    )  # fmt: skip
    if title:
        graph.graph_attr.update(label=graphviz.escape(title), labelloc="t")
    _boxes(graph, level, theme, 0)
    for flow, label in labelled(flows(level), picture.options.shapes):
        style = {"style": "dashed"} if flow.mode == "train" else {}
        words = {"label": label} if label else {}
        graph.edge(_quoted(flow.source), _quoted(flow.target), **words, **style)
    return str(graph.source)


def _boxes(graph: Any, level: Level, theme: Theme, depth: int) -> None:
    import graphviz

    for box in level.boxes.values():
        label = graphviz.escape("\n".join(label_lines(box)))
        if box.inner:
            with graph.subgraph(name=f"cluster {box.path}") as cluster:
                cluster.attr(label=label, style="rounded,filled", color=theme.frame, fillcolor=theme.frames[depth % 4])
                cluster.attr(id=box.path)
                _boxes(cluster, box.inner, theme, depth + 1)
        elif box.role in (INPUT, OUTPUT):
            if not depth:
                graph.node(_quoted(box.path), label, id=box.path, fillcolor=theme.background, color=theme.line)
        elif box.role == "add":
            graph.node(
                _quoted(box.path), "+", id=box.path, shape="circle", width="0.25", fixedsize="true",
                fillcolor=theme.background, color=theme.line,
            )  # fmt: skip
        else:
            look = family(box.role)
            graph.node(_quoted(box.path), label, id=box.path, fillcolor=theme.fills[look], color=theme.strokes[look])


def _quoted(path: str) -> str:
    """A path as an identifier: a colon would be read as a port."""
    return path.replace(":", "_")


FORMAT = Format(write, frozenset({"title", "boxes", "wires", "shapes", "tags"}), ("gv",))
