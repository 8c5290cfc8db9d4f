"""What continues straight: vertices that stand above each other, or at fixed distances, are one column.

At a fan the wire to the longest way on is straight, and so is the one from the longest way before; of several equally
long ways it is the one in the middle. Where those end at ports of their own, as at a composite with two inputs, all of
them are straight if that leaves room for what stands between.
"""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from archspec.diagrams.layout.order import places
from archspec.diagrams.layout.vertex import Effort, Gaps, Hop, Vertex
from archspec.diagrams.layout.ways import Ways


@dataclass(slots=True, eq=False)
class Column:
    """Vertices that stand in fixed places to each other, each at `shift` from the column's own place `u`."""

    members: list[tuple[Vertex, float]] = field(default_factory=list)
    u: float = 0.0
    lefts: dict[Column, float] = field(default_factory=dict)  # columns beside it, and how far apart they have to be
    rights: dict[Column, float] = field(default_factory=dict)
    pulls: list[tuple[Column, float, float]] = field(default_factory=list)  # wires to other columns: offset and weight

    @property
    def lane(self) -> bool:
        """Whether nothing but a passing wire is in it."""
        return all(vertex.lane for vertex, _ in self.members)


Home = Mapping[Vertex, tuple[Column, float]]
"""Every vertex's column, and its shift from it."""


def joined(ranks: list[list[Vertex]], hops: list[Hop], gaps: Gaps, effort: Effort) -> list[Column]:
    """Columns: each vertex below the one that its straight hop comes from, or at the head of a new one."""
    home: dict[Vertex, tuple[Column, float]] = {}
    place = places(ranks)
    ways = Ways.of(hops)
    for fan in ways.above.values():
        fan.sort(key=lambda hop: (place[hop.a], hop.start, hop.end))
    for fan in ways.below.values():
        fan.sort(key=lambda hop: (place[hop.b], hop.end, hop.start))
    straight = _straight(hops, place, ways)
    for vertex in (vertex for rank in ranks for vertex in rank):
        hop = straight.get(vertex)
        column, shift = home[hop.a] if hop else (Column(), 0.0)
        home[vertex] = (column, shift + hop.start - hop.end if hop else 0.0)
        column.members.append((vertex, home[vertex][1]))
    for group in ways.groups(vertex for rank in ranks for vertex in rank):
        wider = _merged(home, group)
        if wider and _room(ranks, wider, gaps, effort):
            home = wider
    return list(dict.fromkeys(column for column, _ in home.values()))


def _straight(hops: list[Hop], place: Mapping[Vertex, int], ways: Ways) -> dict[Vertex, Hop]:
    """The hops that are drawn straight, by the vertex that they end at; none of them cross."""
    first = {vertex: _middle(ways.on(vertex)) for vertex in ways.below}
    last = {vertex: _middle(ways.before(vertex)) for vertex in ways.above}
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


def _middle(fan: list[Hop]) -> Hop | None:
    """The hop in the middle of a fan; None where two share it."""
    left, right = fan[(len(fan) - 1) // 2], fan[len(fan) // 2]
    return left if left.a is right.a and left.b is right.b else None


def _merged(home: Home, group: list[Hop]) -> dict[Vertex, tuple[Column, float]] | None:
    """The columns with all hops of a group straight; None where they are already, or cannot be."""
    merged = dict(home)
    for hop in group:
        (one, a), (other, b) = merged[hop.a], merged[hop.b]
        offset = a + hop.start - b - hop.end
        if one is not other:
            column = Column([*one.members, *((vertex, shift + offset) for vertex, shift in other.members)])
            merged |= {vertex: (column, shift) for vertex, shift in column.members}
        elif abs(offset) > 0.25:
            return None
    return merged if any(merged[hop.b][0] is not home[hop.b][0] for hop in group) else None


def _room(ranks: list[list[Vertex]], home: Home, gaps: Gaps, effort: Effort) -> bool:
    """Whether columns can stand in such places at all."""
    columns = [Column(column.members) for column in dict.fromkeys(column for column, _ in home.values())]
    effort.steps -= len(home)
    if effort.steps <= 0:
        return False
    own = {vertex: (column, shift) for column in columns for vertex, shift in column.members}
    return keep_apart(ranks, own, gaps) and settle(columns)


def keep_apart(ranks: list[list[Vertex]], home: Home, gaps: Gaps) -> bool:
    """Note what room the columns need beside each other; gives whether the vertices of each column have theirs."""
    roomy = True
    for rank in ranks:
        for left, right in pairwise(rank):
            (one, a), (other, b) = home[left], home[right]
            gap = gaps.across if not (left.lane or right.lane) else gaps.across / 2
            room = max(left.after, left.tail) + right.before + gap + a - b
            if one is other:
                roomy = roomy and room <= 0
            else:
                one.rights[other] = other.lefts[one] = max(room, one.rights.get(other, room))
    return roomy


def settle(columns: list[Column]) -> bool:
    """Move every column as far left as its neighbours let it; gives whether they let it stand anywhere."""
    for _ in range(len(columns) + 1):
        moved = False
        for column in columns:
            u = max((other.u + room for other, room in column.lefts.items()), default=column.u)
            if u > column.u + 1e-6:
                column.u, moved = u, True
        if not moved:
            return True
    return False
