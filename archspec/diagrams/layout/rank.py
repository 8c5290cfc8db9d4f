"""Sugiyama's first step: which rank a vertex is in; and the lanes of the wires that pass a rank."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from archspec.diagrams.error import RenderError
from archspec.diagrams.layout.vertex import LANE, Edge, Effort, Hop, Vertex


def rank(vertices: Mapping[str, Vertex], edges: Sequence[Edge]) -> None:
    """Longest path from the sources; sources without an inlet move down to their first reader."""
    reads: dict[str, list[str]] = defaultdict(list)
    feeds: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        reads[edge.target].append(edge.source)
        feeds[edge.source].append(edge.target)
    for vertex in vertices.values():
        if vertex.rim > 0:
            continue
        vertex.rank = max((vertices[name].rank + 1 for name in reads[vertex.name]), default=0 if vertex.rim else 1)
    for vertex in reversed(list(vertices.values())):
        below = [vertices[name].rank for name in feeds[vertex.name] if vertices[name].rim <= 0]
        if below and not vertex.rim and not reads[vertex.name]:
            vertex.rank = max(vertex.rank, min(below) - 1)
    if not any(vertex.rim < 0 for vertex in vertices.values()):
        for vertex in vertices.values():
            vertex.rank -= 1
    last = max((vertex.rank for vertex in vertices.values() if vertex.rim <= 0), default=0)
    for vertex in vertices.values():
        if vertex.rim > 0:
            vertex.rank = last + 1


def cut(vertices: dict[str, Vertex], edges: Sequence[Edge], effort: Effort) -> tuple[list[Hop], list[list[Hop]]]:
    """Cut the edges at every rank that they pass; edges from one port share their lane as far as they go together."""
    lanes: dict[tuple[str, int, int], Vertex] = {}
    hops: list[Hop] = []
    known: dict[tuple[Vertex, int, Vertex, int], Hop] = {}
    chains: list[list[Hop]] = []

    def hop(a: Vertex, out: int, b: Vertex, into: int) -> Hop:
        key = (a, out, b, into)
        if key not in known:
            known[key] = Hop(a, out, b, into)
            hops.append(known[key])
        return known[key]

    for edge in edges:
        at, out, chain = vertices[edge.source], edge.out, []
        target = vertices[edge.target]
        effort.pieces -= target.rank - at.rank
        if effort.pieces < 0:
            message = f"the wires are too many and too long to be drawn: the {len(edges):,} of one level, among others"
            raise RenderError(message, help="open less of it: a smaller --depth, --collapse PATH")
        for rank in range(at.rank + 1, target.rank):
            key = (edge.source, edge.out, rank)
            if key not in lanes:
                value = (edge.source, edge.out)
                lanes[key] = Vertex(f"{edge.source}/{edge.out}/{rank}", 0.0, LANE, LANE, rank=rank, value=value)
            chain.append(hop(at, out, lanes[key], 0))
            at, out = lanes[key], 0
        chain.append(hop(at, out, target, edge.into))
        chains.append(chain)
    return hops, chains
