"""Sugiyama's last step: where the ranks stand along the flow, and how the wires run between them."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

from archspec.diagrams.layout.stroke import Point
from archspec.diagrams.layout.vertex import Gaps, Hop, Vertex


def _sideways(hop: Hop, ranks: list[list[Vertex]]) -> bool:
    """Whether a wire turns into a sum from the side: nothing stands between, and nobody else comes from there."""
    if not hop.b.sideways:
        return False
    at, target = hop.a.u + hop.start, hop.b
    if abs(at - target.u) < target.after + 8:
        return False
    low, high = sorted((at, target.u))
    value = hop.a.value or (hop.a.name, hop.out)
    own = {other for other in ranks[target.rank] if other.value == value and abs(other.u - at) < 1}  # it goes on
    others = (other for other in ranks[target.rank] if other is not target and other not in own)
    return not any(other.u - other.before < high and other.u + other.after > low for other in others)


@dataclass(frozen=True, slots=True)
class Tracks:
    """Which hops come in from the side; and of the others that bend, where along the flow their cross piece is."""

    side: set[Hop]
    at: dict[Hop, float]


def tracks(ranks: list[list[Vertex]], hops: list[Hop], gaps: Gaps) -> Tracks:
    """Place the ranks along the flow, with room between them for labels and for the cross pieces of the wires."""
    side, at, v = _sides(ranks, hops), dict[Hop, float](), 0.0
    channels: dict[int, list[Hop]] = defaultdict(list)
    for hop in hops:
        channels[hop.a.rank].append(hop)
    fed = {hop.b for hop in hops}
    for index, rank in enumerate(ranks):
        tall = max(vertex.along for vertex in rank)
        for vertex in rank:  # in the middle; a source at the end, near its reader
            vertex.v = v + (tall - vertex.along) / (2 if vertex in fed or not index else 1)
        v += tall
        if index == len(ranks) - 1:
            break
        nets: dict[tuple[Vertex, int], list[Hop]] = {}
        for hop in channels[index]:
            if hop not in side and abs(hop.a.u + hop.start - hop.b.u - hop.end) > 0.25:
                nets.setdefault((hop.a, hop.out), []).append(hop)
        _part(list(nets.values()))
        rows = _stack(list(nets.values()))
        inlet = not tall and all(vertex.rim < 0 or vertex.lane for vertex in rank)
        outlet = all(vertex.rim > 0 and not vertex.along for vertex in ranks[index + 1])
        v += max(vertex.label for vertex in rank)
        for number, row in enumerate(rows):
            for hop in (hop for net in row for hop in net):
                at[hop] = v + gaps.along * (0.2 if inlet else 0.4) + number * gaps.track
        if rows:
            v += gaps.along * 0.4 + (len(rows) - 1) * gaps.track + gaps.head + 6
        else:
            v += gaps.along * (0.7 if inlet else 0.6 if outlet else 1.0)
    return Tracks(side, at)


def _sides(ranks: list[list[Vertex]], hops: list[Hop]) -> set[Hop]:
    """The hops that turn into a sum from its side; on one side of it, only one."""
    side: set[Hop] = set()
    taken: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for hop in hops:
        low, high = sorted((hop.a.u + hop.start, hop.b.u))
        free = all(high <= left or right <= low for left, right in taken[hop.b.rank])
        if free and _sideways(hop, ranks):
            taken[hop.b.rank].append((low, high))
            side.add(hop)
    return side


def _part(nets: list[list[Hop]]) -> None:
    """Two nets that each end below the start of the other are kept apart by no order of rows: move those ends."""
    starts = sorted((net[0].a.u + net[0].start, place) for place, net in enumerate(nets))
    for number, a in enumerate(nets):
        start = a[0].a.u + a[0].start
        place = _next(a, starts, -1)
        while place < len(nets):
            b = nets[place]
            other = b[0].a.u + b[0].start
            crossing = [hop for hop in a if abs(hop.b.u + hop.end - other) < 1]
            if place != number and any(abs(hop.b.u + hop.end - start) < 8 for hop in b):
                for hop in crossing:
                    if not hop.b.lane:
                        hop.b.ins[hop.into] += 7.0 if start > other else -7.0
            place = _next(a, starts, place)


def _next(net: list[Hop], starts: list[tuple[float, int]], behind: int) -> int:
    """Of the nets that start above an end of this one, the first behind a place; their number where there is none."""
    first = len(starts)
    for hop in net:
        end = hop.b.u + hop.end
        at = bisect(starts, (end - 1, len(starts)))
        while at < len(starts) and starts[at][0] < end + 1:
            place = starts[at][1]
            if behind < place < first:
                first = place
            at += 1
    return first


def _stack(nets: list[list[Hop]]) -> list[list[list[Hop]]]:
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
        low, high = spans[index][:2]
        row = len(rows)  # behind the last one in which it meets another
        while row and not any(spans[i][0] - 6 < high and low - 6 < spans[i][1] for i in rows[row - 1]):
            row -= 1
        if row == len(rows):
            rows.append([])
        rows[row].append(index)
    return [[nets[index] for index in row] for row in rows]


def route(chain: list[Hop], tracks: Tracks) -> list[Point]:
    """The corners of an edge, from port to port."""
    first = chain[0]
    points = [(first.a.u + first.start, first.a.v + first.a.along)]
    for hop in chain:
        start, end = hop.a.u + hop.start, hop.b.u + hop.end
        if hop in tracks.side:
            middle = hop.b.v + hop.b.along / 2
            points.append((start, middle))
            points.append((hop.b.u + (hop.b.after if start > hop.b.u else -hop.b.before), middle))
            return _straightened(points)
        if hop in tracks.at:
            points.append((start, tracks.at[hop]))
            points.append((end, tracks.at[hop]))
    points.append((chain[-1].b.u + chain[-1].end, chain[-1].b.v))
    return _straightened(points)


def _straightened(points: list[Point]) -> list[Point]:
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
