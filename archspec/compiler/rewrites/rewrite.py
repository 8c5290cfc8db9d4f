"""What a rewrite is, what it records, and how the rewrites of this folder are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal, get_args

from archspec.graph import Block, Graph, Shape

Law = Literal["exact"]
"""exact: equal outputs in training and evaluation, equal gradients, the same keys of the state dict."""

Phase = Literal["drop", "live", "order", "fuse", "layout"]
"""When it is its turn: what does nothing goes; what nobody reads is not computed; products are taken in their cheapest
order; nodes are computed together; numbers are laid out for those that read them. Within one the files' names say it.
"""


@dataclass(frozen=True, slots=True)
class Record:
    """One thing that a rewrite changed: where, what, and what that saves for one sample."""

    path: str
    """The dotted path of the node."""
    what: str
    """The change, as a line of a report says it."""
    macs: int = 0
    """Multiply-accumulates that are no longer done."""
    numbers: int = 0
    """Numbers that are no longer written to memory; times 4 bytes in float32."""


Apply = Callable[[Graph], tuple[Graph, list[Record]]]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A rewrite of a graph, all its levels included."""

    law: Law
    phase: Phase
    apply: Apply
    """From a graph to the one that runs, and records whose paths begin at its top level."""
    example: tuple[Block, tuple[Shape, ...]]
    """A block, and what it reads, of which the rewrite changes something: what the laws are tried on first."""
    after: tuple[str, ...] = ()
    """The rewrites that make what this one looks for in its example."""


@cache
def rewrites() -> dict[str, Rewrite]:
    """Every rewrite of this folder by name, in the order in which they are applied."""
    package = __name__.rpartition(".")[0]
    folder = import_module(package).__path__
    modules = {file.name: import_module(f"{package}.{file.name}") for file in iter_modules(folder)}
    there = {name: module.REWRITE for name, module in modules.items() if hasattr(module, "REWRITE")}
    phases = get_args(Phase)
    return dict(sorted(there.items(), key=lambda item: (phases.index(item[1].phase), item[0])))
