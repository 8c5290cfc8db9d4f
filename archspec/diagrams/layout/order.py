"""Sugiyama's second step: in which order the vertices of a rank stand."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping
from itertools import product

from archspec.diagrams.layout.vertex import Effort, Hop, Vertex
from archspec.diagrams.layout.ways import Ways

SWEEPS = 8

Crossings = tuple[int, int]
"""How many pairs of hops cross: among the main ones, and among all."""


def order(vertices: Mapping[str, Vertex], hops: list[Hop], effort: Effort) -> list[list[Vertex]]:
    """Each rank from left to right, with few crossings: by the places of the neighbours, then by exchanges."""
    every = dict.fromkeys([*vertices.values(), *(hop.a for hop in hops)])
    numbers = {number: place for place, number in enumerate(sorted({vertex.rank for vertex in every}))}
    best: list[list[Vertex]] = [[] for _ in numbers]
    for vertex in every:
        vertex.rank = numbers[vertex.rank]
        best[vertex.rank].append(vertex)
    ways = Ways.of(hops)
    main = ways.main()
    least = _crossings(best, ways.below, main)
    if not least[1]:
        return best
    for start in (best, _switched(best, ways, main, effort)):
        current = start
        for sweep in range(SWEEPS):
            crossings = _crossings(current, ways.below, main)
            if crossings < least:
                best, least = current, crossings
            current = _settled(current, ways.above if sweep % 2 == 0 else ways.below, down=sweep % 2 == 0)
    return _switched(best, ways, main, effort)


def places(ranks: list[list[Vertex]]) -> dict[Vertex, int]:
    """Every vertex's number in its rank."""
    return {vertex: place for rank in ranks for place, vertex in enumerate(rank)}


def _crossings(ranks: list[list[Vertex]], below: Mapping[Vertex, list[Hop]], main: set[Hop]) -> Crossings:
    place = places(ranks)

    def count(rank: list[Vertex], within: set[Hop] | None) -> int:
        leaving = [hop for vertex in rank for hop in below.get(vertex, ()) if within is None or hop in within]
        ends: list[tuple[int, float]] = []
        total = 0
        for _, end in sorted(((place[hop.a], hop.start), (place[hop.b], hop.end)) for hop in leaving):
            total += len(ends) - bisect_right(ends, end)  # those that start before it and end behind it
            insort(ends, end)
        return total

    return sum(count(rank, main) for rank in ranks), sum(count(rank, None) for rank in ranks)


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


def _switched(ranks: list[list[Vertex]], ways: Ways, main: set[Hop], effort: Effort) -> list[list[Vertex]]:
    """The ranks with neighbours exchanged, as long as fewer hops cross for it."""
    ranks, place = [list(rank) for rank in ranks], places(ranks)

    def crossed(left: Iterable[Hop], right: Iterable[Hop], up: bool) -> Crossings:
        mains = total = 0
        for one, other in product(left, right):
            ends = [(place[hop.a], hop.start) if up else (place[hop.b], hop.end) for hop in (one, other)]
            total += ends[0] > ends[1]
            mains += ends[0] > ends[1] and one in main and other in main
        return mains, total

    def both(left: Vertex, right: Vertex) -> Crossings:
        sides = [(ways.above, True), (ways.below, False)]
        counts = [crossed(side.get(left, ()), side.get(right, ()), up) for side, up in sides]
        effort.steps -= sum(len(side.get(left, ())) * len(side.get(right, ())) for side, _ in sides) + 1
        return counts[0][0] + counts[1][0], counts[0][1] + counts[1][1]

    better = True
    while better:
        better = False
        for rank in ranks:
            for at in range(len(rank) - 1):
                if effort.steps > 0 and both(rank[at + 1], rank[at]) < both(rank[at], rank[at + 1]):
                    rank[at], rank[at + 1] = rank[at + 1], rank[at]
                    place[rank[at]], place[rank[at + 1]] = at, at + 1
                    better = True
    return ranks
