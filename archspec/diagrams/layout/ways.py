"""The longest ways through a level: they are what the eye follows, so they are drawn straight, and cross no other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from archspec.diagrams.layout.vertex import Hop, Vertex


@dataclass(frozen=True, slots=True)
class Ways:
    """The hops that end at a vertex, those that start there, and how many vertices the longest way on from it has."""

    above: Mapping[Vertex, list[Hop]]
    below: Mapping[Vertex, list[Hop]]
    height: Mapping[Vertex, int]

    @classmethod
    def of(cls, hops: list[Hop]) -> Ways:
        """The ways along these hops."""
        above: dict[Vertex, list[Hop]] = defaultdict(list)
        below: dict[Vertex, list[Hop]] = defaultdict(list)
        height: dict[Vertex, int] = {}
        for hop in hops:
            above[hop.b].append(hop)
            below[hop.a].append(hop)
        for vertex in sorted({**above, **below}, key=lambda vertex: -vertex.rank):
            height[vertex] = (not vertex.lane) + max((height[hop.b] for hop in below.get(vertex, ())), default=0)
        return cls(dict(above), dict(below), height)

    def on(self, vertex: Vertex) -> list[Hop]:
        """The hops that the longest ways from a vertex begin with."""
        fan = self.below.get(vertex, [])
        if len(fan) < 2:
            return fan
        most = max((self.height[hop.b] for hop in fan), default=0)
        return self._real([hop for hop in fan if self.height[hop.b] == most])

    def before(self, vertex: Vertex) -> list[Hop]:
        """The hops that the longest ways to a vertex end with: those whose way has passed every rank."""
        return self._real(self.above.get(vertex, []))

    def _real(self, fan: list[Hop]) -> list[Hop]:
        """Without lanes and sources, where others are left."""
        if len(fan) < 2:
            return fan
        real = [hop for hop in fan if not (hop.a.lane or hop.b.lane)] or fan
        return [hop for hop in real if hop.a in self.above or hop.a.rim] or real

    def groups(self, vertices: Iterable[Vertex]) -> list[list[Hop]]:
        """Longest ways that end at several ports of one vertex, or start there; then those that do both, one by one."""
        groups: list[list[Hop]] = []
        ends: set[Hop] = set()
        both: list[list[Hop]] = []
        for vertex in vertices:
            before, on = self.before(vertex), self.on(vertex)
            if len({hop.into for hop in before}) == len({hop.a for hop in before}) == len(before) > 1:
                groups.append(before)
                both += [[hop] for hop in sorted(before, key=lambda hop: hop.into) if hop in ends]
            if len({hop.out for hop in on}) == len({hop.b for hop in on}) == len(on) > 1:
                groups.append(on)
                ends.update(on)
        return groups + both

    def main(self) -> set[Hop]:
        """The hops that are the one longest way on from their start, and the one longest way to their end."""
        return {fan[0] for vertex in self.below if len(fan := self.on(vertex)) == 1 and len(self.before(fan[0].b)) == 1}
