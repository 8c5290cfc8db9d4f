"""Sugiyama's first two steps: which rank a vertex is in, and in which order the vertices of a rank stand."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence

from archspec.diagrams.error import RenderError
from archspec.diagrams.layout.vertex import LANE, Edge, Effort, Hop, Vertex

SWEEPS = 8


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
                lanes[key] = Vertex(f"{edge.source}/{edge.out}/{rank}", 0.0, LANE, LANE, rank=rank, lane=True)
            chain.append(hop(at, out, lanes[key], 0))
            at, out = lanes[key], 0
        chain.append(hop(at, out, target, edge.into))
        chains.append(chain)
    return hops, chains


def order(vertices: Mapping[str, Vertex], hops: list[Hop]) -> list[list[Vertex]]:
    """Each rank from left to right: by the places of the neighbours, sweeping down and up, while fewer wires cross."""
    every = dict.fromkeys([*vertices.values(), *(hop.a for hop in hops)])
    numbers = {number: place for place, number in enumerate(sorted({vertex.rank for vertex in every}))}
    best: list[list[Vertex]] = [[] for _ in numbers]
    for vertex in every:
        vertex.rank = numbers[vertex.rank]
        best[vertex.rank].append(vertex)
    current = best
    above, below = neighbours(hops)
    least = _crossings(best, below)
    for sweep in range(SWEEPS):
        if not least:
            break
        current = _settled(current, above if sweep % 2 == 0 else below, down=sweep % 2 == 0)
        crossings = _crossings(current, below)
        if crossings < least:
            best, least = current, crossings
    return best


def neighbours(hops: list[Hop]) -> tuple[dict[Vertex, list[Hop]], dict[Vertex, list[Hop]]]:
    """The hops that end at a vertex, and those that start there."""
    above: dict[Vertex, list[Hop]] = defaultdict(list)
    below: dict[Vertex, list[Hop]] = defaultdict(list)
    for hop in hops:
        above[hop.b].append(hop)
        below[hop.a].append(hop)
    return above, below


def places(ranks: list[list[Vertex]]) -> dict[Vertex, int]:
    """Every vertex's number in its rank."""
    return {vertex: place for rank in ranks for place, vertex in enumerate(rank)}


def _crossings(ranks: list[list[Vertex]], below: Mapping[Vertex, list[Hop]]) -> int:
    """How many pairs of hops cross."""
    place, total = places(ranks), 0
    for rank in ranks:
        leaving = (hop for vertex in rank for hop in below.get(vertex, ()))
        ends: list[tuple[int, float]] = []
        for _, end in sorted(((place[hop.a], hop.start), (place[hop.b], hop.end)) for hop in leaving):
            total += len(ends) - bisect_right(ends, end)  # those that start before it and end behind it
            insort(ends, end)
    return total


def _settled(ranks: list[list[Vertex]], near: Mapping[Vertex, list[Hop]], down: bool) -> list[list[Vertex]]:
    """The ranks, one after the other, each sorted by where its neighbours in the one before stand."""
    ranks, place = [list(rank) for rank in ranks], places(ranks)

    def middle(vertex: Vertex) -> float:
        ends = [(hop.a, hop.start) if down else (hop.b, hop.end) for hop in near.get(vertex, ())]
        return sum(place[end] + port / 1e4 for end, port in ends) / len(ends) if ends else float(place[vertex])

    for rank in ranks[1:] if down else ranks[-2::-1]:
        rank.sort(key=middle)
        place.update((vertex, index) for index, vertex in enumerate(rank))
    return ranks
