"""The options of a look: one table for `render`, the command line, pages of documentation and the live preview."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from archspec.diagrams.look import THEMES as PALETTES
from archspec.diagrams.look import Theme

DIRECTIONS = ("TB", "BT", "LR")
THEMES = (*PALETTES, "auto")
SHAPES = ("changes", "all", "none")
COSTS = ("params", "macs")


@dataclass(frozen=True, slots=True)
class Option:
    """One keyword of `render`, and the flag `--name` of the command line.

    `type` is that of the value: str, list (of strings; the flag may be repeated) or bool (True by default, and the flag
    is `--no-name`). `metavar` is "" where the flag's own name serves, or its choices.
    """

    name: str
    help: str
    type: type = str
    default: Any = None
    choices: tuple[str, ...] = ()
    metavar: str = ""

    @property
    def flag(self) -> str:
        """How it is written on a command line."""
        return f"--no-{self.name}" if self.type is bool else f"--{self.name.replace('_', '-')}"


OPTIONS = (
    Option("depth", "levels of nesting to open: a number, or all (default 1)", default="1"),
    Option("expand", "open this node too", list, [], metavar="PATH"),
    Option("collapse", "keep this node closed", list, [], metavar="PATH"),
    Option("direction", "where the data flows (default TB)", default="TB", choices=DIRECTIONS),
    Option("theme", "auto follows the reader's light or dark", default="light", choices=THEMES),
    Option("shapes", "which wires say their shape (default changes)", default="changes", choices=SHAPES),
    Option("costs", "write it on the nodes", list, [], choices=COSTS),
    Option("heat", "colour the nodes by it", choices=COSTS),
    Option("root", "draw this composite alone", metavar="PATH"),
    Option("hide", "leave out these blocks or roles, such as drop_path,dropout,layout", list, [], metavar="WORDS"),
    Option("width", "the most that it may take in print: 85mm, 3.3in, columnwidth, textwidth", metavar="LENGTH"),
    Option("height", "the most that it may take in print", metavar="LENGTH"),
    Option("min_font", "refuse letters smaller than this in print, such as 7pt", metavar="LENGTH"),
    Option("legend", "leave the legend out", bool, True),
    Option("title", "above the picture; by default the spec's title", default=True, metavar="TEXT"),
    Option("caption", "below it; by default the totals", default=True, metavar="TEXT"),
)
"""In the order of the command line. A default that is a list is for copying, never for adding to."""


@dataclass(frozen=True, slots=True)
class Options:
    """A look, checked and filled in: what a picture shows, beside the graph and what of it is open."""

    theme: Theme
    direction: str = "TB"
    shapes: str = "changes"
    costs: tuple[str, ...] = ()
    heat: str | None = None
    width: float | None = None  # points in print, at most
    height: float | None = None
    least: float | None = None  # points of its smallest letters
    legend: bool = True
    title: str | None = None
    caption: str | None = None
