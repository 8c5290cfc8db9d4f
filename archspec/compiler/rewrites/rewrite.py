"""What a rewrite is, what it records, and how the rewrites of this folder are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Literal

from archspec.graph import Block, Graph, Shape

Law = Literal["exact"]
"""exact: equal outputs in training and evaluation, equal gradients, the same keys of the state dict."""


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


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A rewrite of one level of a graph."""

    law: Law
    apply: Callable[[Graph], tuple[Graph, list[Record]]]
    """From a level to the level that runs, and records whose paths begin at this level."""
    example: tuple[Block, tuple[Shape, ...]]
    """A block, and what it reads, of which the rewrite changes something: what the laws are tried on first."""


@cache
def rewrites() -> dict[str, Rewrite]:
    """Every rewrite of this folder by name, in the order in which they are applied."""
    package = __name__.rpartition(".")[0]
    folder = import_module(package).__path__
    modules = {file.name: import_module(f"{package}.{file.name}") for file in iter_modules(folder)}
    return {name: module.REWRITE for name, module in sorted(modules.items()) if hasattr(module, "REWRITE")}
