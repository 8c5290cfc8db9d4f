"""The face of rendering: one function, and what it gives."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from archspec.diagrams.error import RenderError
from archspec.diagrams.figure.arrange import figure
from archspec.diagrams.figure.figure import DIRECTIONS, Figure, Options, cost_text, shape_text
from archspec.diagrams.look import style
from archspec.diagrams.view.view import Level, Opening, view
from archspec.errors import nearest
from archspec.files import write
from archspec.graph.node import Graph

FORMATS = ("svg", "png", "pdf", "dot", "mermaid", "html")
SUFFIXES = {"gv": "dot", "mmd": "mermaid", "mermaid": "mermaid"}
THEMES = (*style.THEMES, "auto")


@dataclass(frozen=True, eq=False)
class Picture:
    """A drawn graph: shown in a notebook, or saved in the format of the file's suffix."""

    graph: Graph
    opening: Opening
    options: Options
    auto: bool = False
    scale: float = 2.0

    @cached_property
    def level(self) -> Level:
        """What is drawn."""
        return view(self.graph, self.opening)

    @cached_property
    def figure(self) -> Figure:
        """Everything in its place."""
        return figure(self.level, self.options)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG."""
        from archspec.diagrams.formats.svg import svg

        return svg(self.figure, auto=self.auto)

    def _repr_svg_(self) -> str:
        return self.svg

    def bytes(self, format: str = "svg") -> builtins.bytes:
        """The picture as a file's content."""
        match format:
            case "svg":
                return self.svg.encode()
            case "png":
                from archspec.diagrams.formats.png import png
                from archspec.diagrams.formats.svg import svg

                return png(svg(self.figure), scale=self.scale, lacking=self.figure.lacking())
            case "pdf":
                from archspec.diagrams.formats.pdf import pdf

                return pdf(self.figure)
            case "html":
                from archspec.diagrams.formats.html import html

                return html(self.graph, self.opening, self.options, self.auto).encode()
            case "dot":
                from archspec.diagrams.formats.dot import source

                return source(self.level, self.options.direction, self.options.theme, self.options.title).encode()
            case "mermaid":
                from archspec.diagrams.formats.mermaid import mermaid

                return mermaid(self.graph, self.opening, self.options.direction, self.options.theme).encode()
        raise RenderError(f"there is no format {format}", help=f"there are {', '.join(FORMATS)}")

    def save(self, path: str | Path, format: str | None = None) -> Path:
        """Write the picture; the format is the file's suffix, unless one is given."""
        path = Path(path)
        suffix = path.suffix.removeprefix(".").lower()
        content = self.bytes(format or SUFFIXES.get(suffix, suffix) or "svg")
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, content)
        return path


def render(
    graph: Graph,
    path: str | Path | None = None,
    *,
    depth: int | str | None = 1,
    expand: Iterable[str] = (),
    collapse: Iterable[str] = (),
    direction: str = "TB",
    theme: str = "light",
    format: str | None = None,
    shapes: str = "changes",
    costs: Iterable[str] = (),
    heat: str | None = None,
    legend: bool = True,
    title: str | bool = True,
    caption: str | bool = True,
    scale: float = 2.0,
) -> Picture:
    """Draw a shaped graph, and save it where a path is given.

    `depth` levels of composites are open (`"all"` or None: all of them); `expand` and `collapse` open and close single
    ones by path. `theme` is light, dark, paper, or auto (an SVG that follows the reader's scheme). `shapes` stand on
    wires where they change, or on all, or none. `costs` (params, macs) stand on the nodes; `heat` colours them by one.
    Raises RenderError where an option, a path or the file's suffix is unknown.
    """
    name = "light" if theme == "auto" else theme
    _one_of("theme", theme, THEMES)
    _one_of("direction", direction, DIRECTIONS)
    _one_of("shapes", shapes, ("changes", "all", "none"))
    costs = tuple(costs)
    for cost in costs:
        _one_of("costs", cost, ("params", "macs"))
    if heat is not None:
        _one_of("heat", heat, ("params", "macs"))
    options = Options(
        theme=style.THEMES[name],
        direction=direction,
        shapes=shapes,
        costs=costs,
        heat=heat,
        legend=legend,
        title=_said(title, (graph.origin.title or graph.origin.name) if graph.origin else ""),
        caption=_said(caption, totals(graph)),
    )
    picture = Picture(graph, Opening.of(graph, depth, expand, collapse), options, theme == "auto", scale)
    if path is not None:
        picture.save(path, format)
    return picture


def totals(graph: Graph) -> str:
    """What stands under a picture: variant, inputs, parameters and MACs."""
    name = graph.origin.label if graph.origin else ""
    inputs = ", ".join(f"{name}\N{NO-BREAK SPACE}{shape_text(shape)}" for name, shape in graph.inputs.items())
    return "\N{NO-BREAK SPACE}· ".join(
        part for part in (name, inputs, cost_text(graph.cost, ("params", "macs"))) if part
    )


def _said(given: str | bool, usual: str) -> str | None:
    """What the user says; for True the usual text."""
    return (usual if given is True else given or None) or None


def _one_of(what: str, given: str, known: Iterable[str]) -> None:
    known = tuple(known)
    if given not in known:
        raise RenderError(f"there is no {what} {given}", help=nearest(given, known) or f"there are {', '.join(known)}")
