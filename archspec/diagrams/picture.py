"""A picture: a graph with a look, drawn when a format is asked for."""

from __future__ import annotations

import builtins
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from archspec.diagrams.error import RenderError
from archspec.diagrams.figure import Figure, arrange, draw
from archspec.diagrams.formats import REGISTRY, SUFFIXES
from archspec.diagrams.look import THEMES as PALETTES
from archspec.diagrams.options import OPTIONS, Options
from archspec.diagrams.print import points, unit
from archspec.diagrams.view import Level, Opening, cost_text, plain, shape_text, view
from archspec.errors import nearest, shown
from archspec.files import write
from archspec.graph import Graph

FORMATS = tuple(REGISTRY)


@dataclass(frozen=True, eq=False)
class Picture:
    """A drawn graph: shown in a notebook, or saved in the format of the file's suffix."""

    graph: Graph
    opening: Opening
    options: Options
    auto: bool = False
    scale: float = 2.0

    def view(self, opening: Opening) -> Level:
        """What is drawn where these composites are open."""
        return view(self.graph, opening)

    @cached_property
    def level(self) -> Level:
        """What is drawn."""
        return self.view(self.opening)

    @cached_property
    def figure(self) -> Figure:
        """Everything in its place, as primitives."""
        figure = draw(arrange(self.level, self.options))
        return replace(figure, unit=unit(figure, self.options))

    @cached_property
    def svg(self) -> str:
        """The picture as SVG."""
        return self.bytes("svg").decode()

    def _repr_svg_(self) -> str:
        return self.svg

    def bytes(self, format: str = "svg") -> builtins.bytes:
        """The picture as a file's content; raises RenderError for a format that there is not, or lacks its package."""
        if format not in REGISTRY:
            raise RenderError(f"there is no format {format}", help=f"there are {', '.join(FORMATS)}")
        content = REGISTRY[format].write(self)
        return shown(content).encode() if isinstance(content, str) else content

    def save(self, path: str | Path, format: str | None = None) -> Path:
        """Write the picture, whole or not at all; the format is the file's suffix, unless one is given."""
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
    root: str | None = None,
    hide: Iterable[str] = (),
    width: str | None = None,
    height: str | None = None,
    min_font: str | None = None,
    legend: bool = True,
    title: str | bool = True,
    caption: str | bool = True,
    scale: float = 2.0,
) -> Picture:
    """Draw a shaped graph, and save it where a path is given.

    `depth` levels of composites are open (`"all"` or None: all of them); `expand` and `collapse` open and close single
    ones by path. `theme` is light, dark, paper, or auto (an SVG that follows the reader's scheme). `shapes` stand on
    wires where they change, or on all, or none. `costs` (params, macs) stand on the nodes; `heat` colours them by one.
    The composite at `root` is drawn alone; blocks of the words or roles in `hide` are left out. In print the picture
    takes `width` and `height` at most (`85mm`, `3.3in`, `textwidth`), in letters of `min_font` or more.
    Raises RenderError where an option, a path or the suffix is unknown, or the letters are smaller.
    """
    if not 0 < scale < math.inf:
        raise RenderError(f"a scale is a number above 0, got {scale:g}", help="--scale 2 is usual")
    _check({"direction": direction, "theme": theme, "shapes": shapes, "costs": (costs := tuple(costs)), "heat": heat})
    opening = Opening.of(graph, depth, expand, collapse, root, hide)
    options = Options(
        PALETTES["light" if theme == "auto" else theme], direction, shapes, costs, heat, points(width, "width"),
        points(height, "height"), points(min_font, "min-font"), legend, _text(title, _titled(graph, opening)),
        _text(caption, totals(graph, opening)),
    )  # fmt: skip
    picture = Picture(graph, opening, options, theme == "auto", scale)
    if path is not None:
        picture.save(path, format)
    return picture


def _titled(graph: Graph, opening: Opening) -> str:
    """What stands above a picture: what is drawn."""
    if opening.root:
        return opening.root
    return (graph.origin.title or graph.origin.name) if graph.origin else ""


def totals(graph: Graph, opening: Opening) -> str:
    """What stands under a picture: variant, inputs, parameters and MACs; those of the root where there is one."""
    name, cost = graph.origin.label if graph.origin else "", graph.cost
    inputs = ", ".join(f"{name}\N{NO-BREAK SPACE}{shape_text(shape)}" for name, shape in graph.inputs.items())
    if opening.root:
        cost = next(node.cost for path, node in graph.walk() if plain(path) == opening.root)
    return "\N{NO-BREAK SPACE}· ".join(part for part in (name, inputs, cost_text(cost, ("params", "macs"))) if part)


def _text(asked: str | bool, usual: str) -> str | None:
    """A title or caption: the usual one for True, none where it is empty."""
    text = usual if asked is True else asked
    return shown(text) if text else None


def _check(values: dict[str, Any]) -> None:
    """Raise a RenderError for a value that its option does not have."""
    for option in OPTIONS:
        value = values.get(option.name)
        for item in value if isinstance(value, tuple) else [value]:
            if option.choices and item is not None and item not in option.choices:
                help = nearest(item, option.choices) or f"there are {', '.join(option.choices)}"
                raise RenderError(f"there is no {option.name} {item}", help=help)
