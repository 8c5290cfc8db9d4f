"""Where things go: a layered drawing of one level, in coordinates along the flow (`v`) and across it (`u`).

Sugiyama's four steps, made for graphs that are nearly chains: rank by the longest path; give every wire that passes a
rank a lane through it; order each rank so that few wires cross; then place. What continues straight – a chain, a lane –
is one *column*, and columns are placed so that wires between them are short, so that a chain is always a straight line
and a residual connection always runs beside it. All is exact arithmetic in a fixed order: the same input,
the same picture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, permutations

LANE = 5.0
"""Half the room that a passing wire takes."""


@dataclass(slots=True, eq=False)
class Vertex:
    """What is placed: `along` the flow and, to both sides of its axis, `before` and `after` across it.

    `ins` and `outs` are the places of its ports, across, from the axis. The labels of its outputs take `label` along
    the flow and `tail` after the axis.
    """

    name: str
    along: float
    before: float
    after: float
    ins: list[float] = field(default_factory=lambda: [0.0])
    outs: list[float] = field(default_factory=lambda: [0.0])
    tail: float = 0.0
    label: float = 0.0
    sideways: bool = False  # wires may come in from the side: a sum
    rim: int = 0  # -1: an inlet, 1: an outlet of the level
    u: float = 0.0  # its axis
    v: float = 0.0  # its start
    rank: int = 0
    lane: bool = False


@dataclass(frozen=True, slots=True)
class Edge:
    """A wire between two ports."""

    source: str
    out: int
    target: str
    into: int


@dataclass(frozen=True, slots=True)
class Gaps:
    """Room between things."""

    across: float = 22.0
    along: float = 22.0
    track: float = 10.0
    head: float = 12.0  # for the arrow's head, behind the last bend


@dataclass(slots=True)
class Plan:
    """A level, placed: vertices by name, the points of every edge, and the extent of all."""

    vertices: dict[str, Vertex]
    routes: list[list[tuple[float, float]]]
    across: float = 0.0
    along: float = 0.0


@dataclass(slots=True, eq=False)
class _Hop:
    """A piece of an edge between neighbouring ranks."""

    a: Vertex
    out: int
    b: Vertex
    into: int

    @property
    def start(self) -> float:
        return self.a.outs[self.out]

    @property
    def end(self) -> float:
        return self.b.ins[self.into]


@dataclass(slots=True, eq=False)
class _Column:
    """Vertices that stand straight above each other, each `shift` from the column's place."""

    members: list[tuple[Vertex, float]] = field(default_factory=list)
    u: float = 0.0


def layout(vertices: Iterable[Vertex], edges: Sequence[Edge], gaps: Gaps) -> Plan:
    """Place the vertices, which come in an order in which sources are before what reads them, and route the edges."""
    placed = {vertex.name: vertex for vertex in vertices}
    _rank(placed, edges)
    hops, chains = _hops(placed, edges)
    ranks = _order(placed, hops, chains)
    _columns(ranks, hops, gaps)
    tracks = _tracks(ranks, hops, gaps)
    plan = Plan(placed, [_route(placed, ranks, edge, chain, tracks) for edge, chain in zip(edges, chains, strict=True)])
    _fit(plan, ranks)
    return plan


def _rank(vertices: Mapping[str, Vertex], edges: Sequence[Edge]) -> None:
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


def _hops(vertices: dict[str, Vertex], edges: Sequence[Edge]) -> tuple[list[_Hop], list[list[_Hop]]]:
    """Cut the edges at every rank that they pass; edges from one port share their lane as far as they go together."""
    lanes: dict[tuple[str, int, int], Vertex] = {}
    hops: list[_Hop] = []
    known: dict[tuple[int, int, int, int], _Hop] = {}
    chains: list[list[_Hop]] = []

    def hop(a: Vertex, out: int, b: Vertex, into: int) -> _Hop:
        key = (id(a), out, id(b), into)
        if key not in known:
            known[key] = _Hop(a, out, b, into)
            hops.append(known[key])
        return known[key]

    for edge in edges:
        at, out, chain = vertices[edge.source], edge.out, []
        target = vertices[edge.target]
        for rank in range(at.rank + 1, target.rank):
            key = (edge.source, edge.out, rank)
            if key not in lanes:
                lanes[key] = Vertex(f"{edge.source}/{edge.out}/{rank}", 0.0, LANE, LANE, rank=rank, lane=True)
            chain.append(hop(at, out, lanes[key], 0))
            at, out = lanes[key], 0
        chain.append(hop(at, out, target, edge.into))
        chains.append(chain)
    return hops, chains


def _order(vertices: dict[str, Vertex], hops: list[_Hop], chains: list[list[_Hop]]) -> list[list[Vertex]]:
    """Each rank from left to right: by the places of the neighbours, sweeping down and up, while fewer wires cross."""
    members: dict[int, dict[int, Vertex]] = defaultdict(dict)
    for vertex in vertices.values():
        members[vertex.rank][id(vertex)] = vertex
    for chain in chains:
        for hop in chain:
            members[hop.a.rank].setdefault(id(hop.a), hop.a)
    ranks = [list(members[rank].values()) for rank in sorted(members)]
    for index, rank in enumerate(sorted(members)):
        for vertex in members[rank].values():
            vertex.rank = index
    above: dict[int, list[_Hop]] = defaultdict(list)
    below: dict[int, list[_Hop]] = defaultdict(list)
    for hop in hops:
        above[id(hop.b)].append(hop)
        below[id(hop.a)].append(hop)
    place: dict[int, int] = {}

    def remember(order: list[list[Vertex]]) -> None:
        for rank in order:
            for index, vertex in enumerate(rank):
                place[id(vertex)] = index

    def crossings(order: list[list[Vertex]]) -> int:
        remember(order)
        total = 0
        for rank in order:
            ends = sorted(
                ((place[id(vertex)], hop.start), (place[id(hop.b)], hop.end))
                for vertex in rank
                for hop in below[id(vertex)]
            )
            total += sum(a[1] > b[1] for index, a in enumerate(ends) for b in ends[index + 1 :] if a[0] != b[0])
        return total

    def settle(order: list[list[Vertex]], down: bool) -> list[list[Vertex]]:
        order = [list(rank) for rank in order]
        remember(order)
        for index in range(1, len(order)) if down else range(len(order) - 2, -1, -1):

            def key(vertex: Vertex) -> float:
                near = (
                    [(place[id(h.a)], h.start) for h in above[id(vertex)]]
                    if down
                    else [(place[id(h.b)], h.end) for h in below[id(vertex)]]
                )
                if not near:
                    return float(place[id(vertex)])
                return sum(at + port / 1e4 for at, port in near) / len(near)

            order[index].sort(key=key)
            for spot, vertex in enumerate(order[index]):
                place[id(vertex)] = spot
        return order

    best, least = ranks, crossings(ranks)
    current = ranks
    for sweep in range(8):
        if not least:
            break
        current = settle(current, sweep % 2 == 0)
        found = crossings(current)
        if found < least:
            best, least = current, found
    return best


def _columns(ranks: list[list[Vertex]], hops: list[_Hop], gaps: Gaps) -> None:
    """Join what continues straight to columns, and place those."""
    place = {id(vertex): index for rank in ranks for index, vertex in enumerate(rank)}
    downs: dict[int, list[_Hop]] = defaultdict(list)
    ups: dict[int, list[_Hop]] = defaultdict(list)
    for hop in hops:
        downs[id(hop.a)].append(hop)
        ups[id(hop.b)].append(hop)
    for found in ups.values():
        found.sort(key=lambda hop: (place[id(hop.a)], hop.start, hop.end))
    for found in downs.values():
        found.sort(key=lambda hop: (place[id(hop.b)], hop.end, hop.start))

    def choice(found: list[_Hop]) -> set[int]:
        real = [hop for hop in found if not (hop.a.lane or hop.b.lane)] or found
        real = [hop for hop in real if ups[id(hop.a)] or hop.a.rim] or real
        middle = (real[(len(real) - 1) // 2], real[len(real) // 2])
        one = middle[0].a is middle[1].a and middle[0].b is middle[1].b
        return {id(middle[0])} if middle[0] is middle[1] or one else set()

    chosen = []
    for hop in hops:
        if hop.a.lane and hop.b.lane:
            chosen.append((1, hop))
        elif id(hop) in choice(downs[id(hop.a)]) and id(hop) in choice(ups[id(hop.b)]):
            chosen.append((2 if hop.a.lane or hop.b.lane else 0, hop))
    chosen.sort(key=lambda item: item[0])
    kept: dict[int, list[tuple[int, int]]] = defaultdict(list)
    up: dict[int, _Hop] = {}
    down: set[int] = set()
    for _, hop in chosen:
        a, b = place[id(hop.a)], place[id(hop.b)]
        crosses = any((x - a) * (y - b) < 0 for x, y in kept[hop.a.rank])
        if crosses or id(hop.b) in up or id(hop.a) in down:
            continue
        kept[hop.a.rank].append((a, b))
        up[id(hop.b)] = hop
        down.add(id(hop.a))
    column: dict[int, _Column] = {}
    shift: dict[int, float] = {}
    columns: list[_Column] = []
    for rank in ranks:
        for vertex in rank:
            straight = up.get(id(vertex))
            if straight:
                home = column[id(straight.a)]
                shift[id(vertex)] = shift[id(straight.a)] + straight.start - straight.end
            else:
                home = _Column()
                columns.append(home)
                shift[id(vertex)] = 0.0
            column[id(vertex)] = home
            home.members.append((vertex, shift[id(vertex)]))
    apart: dict[int, dict[int, float]] = defaultdict(dict)
    for rank in ranks:
        for left, right in pairwise(rank):
            one, other = column[id(left)], column[id(right)]
            gap = gaps.across if not (left.lane or right.lane) else gaps.across / 2
            room = max(left.after, left.tail) + right.before + gap + shift[id(left)] - shift[id(right)]
            apart[id(one)][id(other)] = max(room, apart[id(one)].get(id(other), room))
    order = _sorted(columns, apart)
    rights = {id(c): [(o, apart[id(c)][id(o)]) for o in order if id(o) in apart[id(c)]] for c in order}
    lefts: dict[int, list[tuple[_Column, float]]] = defaultdict(list)
    for c in order:
        for other, room in rights[id(c)]:
            lefts[id(other)].append((c, room))
    for c in order:
        c.u = max((other.u + room for other, room in lefts[id(c)]), default=0.0)
    pulls: dict[int, list[tuple[_Column, float, float]]] = defaultdict(list)
    for hop in hops:
        one, other = column[id(hop.a)], column[id(hop.b)]
        if one is not other:
            offset = shift[id(hop.b)] + hop.end - shift[id(hop.a)] - hop.start
            weight = 0.001 if hop.a.lane or hop.b.lane else 1.0
            pulls[id(one)].append((other, offset, weight))
            pulls[id(other)].append((one, -offset, weight))
    _relax(order, pulls, lefts, rights)
    for c in order:
        _snap(c, 40.0 if all(vertex.lane for vertex, _ in c.members) else 12.0, gaps.across / 2, pulls, lefts, rights)
    for c in order:
        place_u = round(c.u * 2) / 2
        for vertex, offset in c.members:
            vertex.u = place_u + offset


def _sorted(columns: list[_Column], apart: Mapping[int, Mapping[int, float]]) -> list[_Column]:
    """From left to right."""
    from graphlib import TopologicalSorter

    index = {id(c): place for place, c in enumerate(columns)}
    sorter: TopologicalSorter[int] = TopologicalSorter(dict.fromkeys(range(len(columns)), ()))
    for c in columns:
        for other in apart.get(id(c), {}):
            sorter.add(index[other], index[id(c)])
    return [columns[place] for place in sorter.static_order()]


Near = Mapping[int, list[tuple[_Column, float]]]


def _relax(
    order: list[_Column], pulls: Mapping[int, list[tuple[_Column, float, float]]], lefts: Near, rights: Near
) -> None:
    """Move columns, with those that they push, to where the sum of the squared bends is least."""
    for sweep in range(60):
        moved = 0.0
        for c in order if sweep % 2 else reversed(order):
            for sign, near in ((1.0, rights), (-1.0, lefts)):
                group = [c]
                while True:
                    step, slack, touched = _step(group, pulls, near, sign)
                    if step * sign <= 1e-6 or slack > 1e-6:
                        break
                    group += touched
                if step * sign > 1e-6:
                    step = sign * min(step * sign, slack)
                    for member in group:
                        member.u += step
                    moved = max(moved, abs(step))
        if moved < 0.01:
            break


def _snap(
    c: _Column,
    most: float,
    give: float,
    pulls: Mapping[int, list[tuple[_Column, float, float]]],
    lefts: Near,
    rights: Near,
) -> None:
    """Take out the smallest bend of a column, where there is room; neighbours `give` way a little."""
    for at in sorted((other.u + offset for other, offset, _ in pulls.get(id(c), ())), key=lambda at: abs(at - c.u)):
        free = all(other.u + room - give <= at + 1e-6 for other, room in lefts.get(id(c), ()))
        if abs(at - c.u) <= most and free and all(at + room - give <= other.u + 1e-6 for other, room in rights[id(c)]):
            c.u = at
            return


def _step(
    group: list[_Column], pulls: Mapping[int, list[tuple[_Column, float, float]]], near: Near, sign: float
) -> tuple[float, float, list[_Column]]:
    """How far a group would go, how far it may until it meets a column, and that column."""
    inside = {id(c) for c in group}
    wish = weight = 0.0
    slack, touched = float("inf"), []
    for c in group:
        for other, offset, pull in pulls.get(id(c), ()):
            if id(other) not in inside:
                wish += pull * (other.u + offset - c.u)
                weight += pull
        for other, room in near.get(id(c), ()):
            if id(other) not in inside:
                free = sign * (other.u - c.u) - room
                if free < slack - 1e-9:
                    slack, touched = free, [other]
    return (wish / weight if weight else 0.0), max(slack, 0.0), touched


def _sideways(hop: _Hop, ranks: list[list[Vertex]]) -> bool:
    """Whether a wire turns into a sum from the side: nothing stands between, and nobody else comes from there."""
    if not hop.b.sideways:
        return False
    at, target = hop.a.u + hop.start, hop.b
    if abs(at - target.u) < target.after + 8:
        return False
    low, high = sorted((at, target.u))
    own = {
        id(other) for other in ranks[target.rank] if other.lane and abs(other.u - at) < 1
    }  # the same value, going on
    others = (other for other in ranks[target.rank] if other is not target and id(other) not in own)
    return not any(other.u - other.before < high and other.u + other.after > low for other in others)


@dataclass(slots=True)
class _Tracks:
    """For every hop that bends, the `v` of its cross piece; and which hops come in from the side."""

    at: dict[int, float]
    side: set[int]


def _tracks(ranks: list[list[Vertex]], hops: list[_Hop], gaps: Gaps) -> _Tracks:
    """Place the ranks along the flow, with room between them for labels and for the cross pieces of the wires."""
    tracks = _Tracks({}, set())
    channels: dict[int, list[_Hop]] = defaultdict(list)
    taken: dict[int, list[tuple[float, float]]] = defaultdict(list)  # by rank: where wires come in from the side
    for hop in hops:
        channels[hop.a.rank].append(hop)
        low, high = sorted((hop.a.u + hop.start, hop.b.u))
        free = all(high <= left or right <= low for left, right in taken[hop.b.rank])
        if free and _sideways(hop, ranks):
            taken[hop.b.rank].append((low, high))
            tracks.side.add(id(hop))
    v = 0.0
    for index, rank in enumerate(ranks):
        tall = max((vertex.along for vertex in rank), default=0.0)
        fed = {id(hop.b) for hop in channels[index - 1]} if index else set()
        for vertex in rank:
            late = id(vertex) not in fed and index > 0
            vertex.v = v + (tall - vertex.along) / (1 if late else 2)
        v += tall
        if index == len(ranks) - 1:
            break
        label = max((vertex.label for vertex in rank), default=0.0)
        nets: dict[tuple[int, int], list[_Hop]] = {}
        for hop in channels[index]:
            if id(hop) not in tracks.side and abs(hop.a.u + hop.start - hop.b.u - hop.end) > 0.25:
                nets.setdefault((id(hop.a), hop.out), []).append(hop)
        _part(list(nets.values()))
        rows = _stack(list(nets.values()))
        inlet = all(vertex.rim < 0 or vertex.lane for vertex in rank) and tall == 0
        for row, found in enumerate(rows):
            for net in found:
                for hop in net:
                    tracks.at[id(hop)] = v + label + (gaps.along * (0.2 if inlet else 0.4)) + row * gaps.track
        room = (
            label + gaps.along if not rows else label + gaps.along * 0.4 + (len(rows) - 1) * gaps.track + gaps.head + 6
        )
        outlet = all(vertex.rim > 0 and not vertex.along for vertex in ranks[index + 1])
        v += room - gaps.along * (0.3 if inlet and not rows else 0.4 if outlet and not rows else 0.0)
    return tracks


def _part(nets: list[list[_Hop]]) -> None:
    """Two nets that each end below the start of the other are kept apart by no order of rows: move those ends."""
    for a, b in permutations(nets, 2):
        start, other = a[0].a.u + a[0].start, b[0].a.u + b[0].start
        crossing = [hop for hop in a if abs(hop.b.u + hop.end - other) < 1]
        if crossing and any(abs(hop.b.u + hop.end - start) < 8 for hop in b):
            for hop in crossing:
                if not hop.b.lane:
                    hop.b.ins[hop.into] += 7.0 if start > other else -7.0


def _stack(nets: list[list[_Hop]]) -> list[list[list[_Hop]]]:
    """Rows of cross pieces, first to last along the flow; pieces that do not meet share a row."""
    spans = []
    for net in nets:
        start = net[0].a.u + net[0].start
        ends = sorted(hop.b.u + hop.end for hop in net)
        spans.append((min(start, *ends), max(start, *ends), start, ends))

    def cost(order: Sequence[int]) -> int:
        total = 0
        for place, first in enumerate(order):
            for second in order[place + 1 :]:
                a, b = spans[first], spans[second]
                total += a[0] < b[2] < a[1]
                total += sum(b[0] < end < b[1] for end in a[3])
                total += 10 * any(abs(end - b[2]) < 1 for end in a[3])
        return total

    indices = range(len(nets))
    order: Sequence[int] = indices
    if len(nets) <= 5:
        order = min(permutations(indices), key=cost)
    rows: list[list[int]] = []
    for index in order:
        meets = [
            row for row, found in enumerate(rows)
            if any(spans[i][0] - 6 < spans[index][1] and spans[index][0] - 6 < spans[i][1] for i in found)
        ]  # fmt: skip
        row = max(meets, default=-1) + 1
        if row == len(rows):
            rows.append([])
        rows[row].append(index)
    return [[nets[index] for index in row] for row in rows]


def _route(
    vertices: dict[str, Vertex], ranks: list[list[Vertex]], edge: Edge, chain: list[_Hop], tracks: _Tracks
) -> list[tuple[float, float]]:
    """The corners of an edge, from port to port."""
    first = chain[0]
    points = [(first.a.u + first.start, first.a.v + first.a.along)]
    for hop in chain:
        start, end = hop.a.u + hop.start, hop.b.u + hop.end
        if id(hop) in tracks.side:
            middle = hop.b.v + hop.b.along / 2
            points.append((start, middle))
            points.append((hop.b.u + (hop.b.after if start > hop.b.u else -hop.b.before), middle))
            return _straightened(points)
        if id(hop) in tracks.at:
            points.append((start, tracks.at[id(hop)]))
            points.append((end, tracks.at[id(hop)]))
    points.append((chain[-1].b.u + chain[-1].end, chain[-1].b.v))
    return _straightened(points)


def _straightened(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Without corners that do not turn."""
    kept = points[:1]
    for index, point in enumerate(points[1:], 1):
        if point == kept[-1]:
            continue
        if index < len(points) - 1 and len({kept[-1][0], point[0], points[index + 1][0]}) == 1:
            continue
        if index < len(points) - 1 and len({kept[-1][1], point[1], points[index + 1][1]}) == 1:
            continue
        kept.append(point)
    return kept


def _fit(plan: Plan, ranks: list[list[Vertex]]) -> None:
    """Move all so that it starts at 0, and measure it."""
    every = [vertex for rank in ranks for vertex in rank]
    left = min((vertex.u - vertex.before for vertex in every), default=0.0)
    for vertex in every:
        vertex.u -= left
    plan.across = max((vertex.u + max(vertex.after, vertex.tail) for vertex in every), default=0.0)
    plan.along = max((vertex.v + vertex.along for vertex in every), default=0.0)
    plan.routes = [[(u - left, v) for u, v in route] for route in plan.routes]
