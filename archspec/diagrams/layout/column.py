"""Sugiyama's third step: where the vertices stand across the flow. What continues straight is one column."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from heapq import heappop, heappush
from itertools import count, pairwise

from archspec.diagrams.layout.rank import neighbours, places
from archspec.diagrams.layout.vertex import Effort, Gaps, Hop, Vertex

SWEEPS = 60
LIGHT = 0.001
"""How hard a lane pulls beside a wire between two boxes: boxes stand as they want, lanes run where there is room."""


@dataclass(slots=True, eq=False)
class Column:
    """Vertices that stand straight above each other, each at `shift` from the column's own place `u`."""

    members: list[tuple[Vertex, float]] = field(default_factory=list)
    u: float = 0.0
    lefts: dict[Column, float] = field(default_factory=dict)  # columns beside it, and how far apart they have to be
    rights: dict[Column, float] = field(default_factory=dict)
    pulls: list[tuple[Column, float, float]] = field(default_factory=list)  # wires to other columns: offset and weight

    @property
    def lane(self) -> bool:
        """Whether nothing but a passing wire is in it."""
        return all(vertex.lane for vertex, _ in self.members)


def stand(ranks: list[list[Vertex]], hops: list[Hop], gaps: Gaps, effort: Effort) -> None:
    """Give every vertex its `u`: chains straight, wires between columns short, nothing too near its neighbour."""
    columns = _joined(ranks, _straight(ranks, hops))
    home = {vertex: (column, shift) for column in columns for vertex, shift in column.members}
    for rank in ranks:
        for left, right in pairwise(rank):
            (one, a), (other, b) = home[left], home[right]
            gap = gaps.across if not (left.lane or right.lane) else gaps.across / 2
            room = max(left.after, left.tail) + right.before + gap + a - b
            one.rights[other] = other.lefts[one] = max(room, one.rights.get(other, room))
    for hop in hops:
        (one, a), (other, b) = home[hop.a], home[hop.b]
        if one is not other:
            offset, weight = b + hop.end - a - hop.start, LIGHT if hop.a.lane or hop.b.lane else 1.0
            one.pulls.append((other, offset, weight))
            other.pulls.append((one, -offset, weight))
    columns = list(TopologicalSorter({column: column.lefts for column in columns}).static_order())
    for column in columns:
        column.u = max((other.u + room for other, room in column.lefts.items()), default=0.0)
    _relax(columns, effort)
    for column in columns:
        _snap(column, 40.0 if column.lane else 12.0, gaps.across / 2)
    for column in columns:
        for vertex, shift in column.members:
            vertex.u = round(column.u * 2) / 2 + shift


def _straight(ranks: list[list[Vertex]], hops: list[Hop]) -> dict[Vertex, Hop]:
    """The hops that are drawn straight, by the vertex that they end at; none of them cross."""
    place = places(ranks)
    above, below = neighbours(hops)
    for fan in above.values():
        fan.sort(key=lambda hop: (place[hop.a], hop.start, hop.end))
    for fan in below.values():
        fan.sort(key=lambda hop: (place[hop.b], hop.end, hop.start))
    first = {vertex: _middle(fan, above) for vertex, fan in below.items()}
    last = {vertex: _middle(fan, above) for vertex, fan in above.items()}
    wanted: list[tuple[int, Hop]] = []
    for hop in hops:
        if hop.a.lane and hop.b.lane:
            wanted.append((1, hop))
        elif hop is first[hop.a] and hop is last[hop.b]:
            wanted.append((2 if hop.a.lane or hop.b.lane else 0, hop))
    ends: dict[Vertex, Hop] = {}
    starts: dict[Vertex, Hop] = {}
    beside: dict[int, list[tuple[int, int]]] = defaultdict(list)  # places above and below, both rising
    for _, hop in sorted(wanted, key=lambda item: item[0]):
        own, rank = (place[hop.a], place[hop.b]), beside[hop.a.rank]
        at = bisect(rank, own)
        crosses = (at and rank[at - 1][1] > own[1]) or (at < len(rank) and rank[at][1] < own[1])
        if not (crosses or hop.b in ends or hop.a in starts):
            ends[hop.b] = starts[hop.a] = hop
            rank.insert(at, own)
    return ends


def _middle(found: list[Hop], above: dict[Vertex, list[Hop]]) -> Hop | None:
    """The hop in the middle of a fan, lanes and sources aside; None where two share it."""
    real = [hop for hop in found if not (hop.a.lane or hop.b.lane)] or found
    real = [hop for hop in real if hop.a in above or hop.a.rim] or real
    left, right = real[(len(real) - 1) // 2], real[len(real) // 2]
    return left if left.a is right.a and left.b is right.b else None


def _joined(ranks: list[list[Vertex]], straight: dict[Vertex, Hop]) -> list[Column]:
    """Columns: each vertex below the one that its straight hop comes from, or at the head of a new one."""
    home: dict[Vertex, tuple[Column, float]] = {}
    for vertex in (vertex for rank in ranks for vertex in rank):
        hop = straight.get(vertex)
        column, shift = home[hop.a] if hop else (Column(), 0.0)
        home[vertex] = (column, shift + hop.start - hop.end if hop else 0.0)
        column.members.append((vertex, home[vertex][1]))
    return list(dict.fromkeys(column for column, _ in home.values()))


def _relax(columns: list[Column], effort: Effort) -> None:
    """Move columns, with those that they push, to where the sum of the squared bends is least."""
    for sweep in range(SWEEPS):
        moved = 0.0
        for column in columns if sweep % 2 else reversed(columns):
            for sign in (1.0, -1.0):
                if effort.steps > 0:
                    moved = max(moved, _push(column, sign, effort))
        if moved < 0.01:
            break


def _push(column: Column, sign: float, effort: Effort) -> float:
    """Move a column right (1) or left (-1), with those that touch it, as far as they want in sum; gives how far."""
    group, weight, wish, numbers = {column: None}, 0.0, 0.0, count()
    beside: list[tuple[float, int, Column]] = []  # the columns that the group may run into, the nearest first
    newest = column
    while True:
        for other, offset, pull in newest.pulls:
            inside = other in group
            weight += -pull if inside else pull
            wish += pull * (other.u + offset - newest.u)  # one wire's pulls at both its ends add up to nothing
        for other, room in (newest.rights if sign > 0 else newest.lefts).items():
            heappush(beside, (sign * (other.u - newest.u) - room, next(numbers), other))
        effort.steps -= len(newest.pulls) + len(newest.rights) + 1
        while beside and beside[0][2] in group:
            heappop(beside)
        wants = sign * wish / weight if weight > 1e-9 else 0.0
        if wants <= 1e-6:
            return 0.0
        slack = max(beside[0][0], 0.0) if beside else float("inf")
        if slack > 1e-6:
            break
        newest = beside[0][2]
        group[newest] = None
    step = min(wants, slack)
    for member in group:
        member.u += sign * step
    return step


def _snap(column: Column, most: float, give: float) -> None:
    """Take out the smallest bend of a column, where there is room; neighbours `give` way a little."""
    for at in sorted((other.u + offset for other, offset, _ in column.pulls), key=lambda at: abs(at - column.u)):
        left = all(other.u + room - give <= at + 1e-6 for other, room in column.lefts.items())
        right = all(at + room - give <= other.u + 1e-6 for other, room in column.rights.items())
        if abs(at - column.u) <= most and left and right:
            column.u = at
            return
