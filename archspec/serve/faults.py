"""From a problem of a spec to the boxes of the picture that it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from archspec.diagrams import Picture
from archspec.diagrams.view import Level, plain
from archspec.errors import Problem
from archspec.graph import Graph

_KEY = re.compile(r"([ ]*(?:- +)*)[\"']?([\w-]+)[\"']?:(?: |$)")


def faulty(problem: Problem, picture: Picture | None) -> list[str]:
    """The paths of the boxes that a problem is about: of those around its place, the innermost that is drawn."""
    if picture is None:
        return []
    drawn = {plain(box.path): box.path for box in boxes(picture.level)}
    path = problem.path
    if not path and problem.mark:
        path = ".".join(keys(problem.mark.source.text, problem.mark.line))
    shown = (_shown(place, drawn) for place in _places(path, picture.graph))
    return sorted({box for box in shown if box})


def boxes(level: Level) -> Iterator[Any]:
    """Every box of a node, input or output of the graph, without the ports inside open boxes."""
    return (box for _, box in level.walk() if "<" not in box.path and ">" not in box.path)


def _places(path: str, graph: Graph) -> Iterator[str]:
    """The paths of the nodes at a dotted place in a spec or a graph."""
    parts = path.split(".")
    if parts[0] == "variants":
        parts = parts[2:]
    match parts:
        case ["graph", *rest]:
            yield ".".join(rest)
        case ["inputs", name, *_]:
            yield name
        case ["blocks", word, "graph", *rest] if graph.origin and word in graph.origin.spec.get("blocks", {}):
            yield from (".".join((at, *rest)) for at, node in graph.walk() if node.block.word == word)
        case _:
            yield ".".join(parts)


def _shown(path: str, drawn: Mapping[str, str]) -> str | None:
    """The innermost drawn box that a path lies in."""
    parts = plain(path).split(".")
    return next((drawn[at] for n in range(len(parts), 0, -1) if (at := ".".join(parts[:n])) in drawn), None)


def keys(text: str, line: int) -> list[str]:
    """The keys around a line of YAML, outermost first, by their indentation alone: the text may have syntax errors."""
    path: list[str] = []
    depth = 1_000
    for row in reversed(text.split("\n")[:line]):
        if (key := _KEY.match(row)) and len(key[1]) < depth:
            depth = len(key[1])
            path.insert(0, key[2])
    return path
