"""Where things go: a layered drawing of one level, in coordinates along the flow (`v`) and across it (`u`).

Sugiyama's four steps, made for graphs that are nearly chains: rank by the longest path; give every wire that passes a
rank a lane through it; order each rank so that few wires cross; then place. What continues straight – a chain, a lane –
is one *column*, and columns are placed so that wires between them are short, so that a chain is always a straight line
and a residual connection always runs beside it. All is exact arithmetic in a fixed order: the same input,
the same picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archspec.diagrams.layout.column import stand
from archspec.diagrams.layout.order import order
from archspec.diagrams.layout.rank import cut, rank
from archspec.diagrams.layout.route import route, tracks
from archspec.diagrams.layout.vertex import Edge, Effort, Gaps, Plan, Vertex


def layout(vertices: Iterable[Vertex], edges: Sequence[Edge], gaps: Gaps, effort: Effort) -> Plan:
    """Place the vertices, which come in an order in which sources are before what reads them, and route the edges.

    Raises RenderError where that takes more than is left of the effort.
    """
    placed = {vertex.name: vertex for vertex in vertices}
    rank(placed, edges)
    hops, chains = cut(placed, edges, effort)
    ranks = order(placed, hops, effort)
    stand(ranks, hops, gaps, effort)
    at = tracks(ranks, hops, gaps)
    plan = Plan(placed, [route(chain, at) for chain in chains])
    _fit(plan, ranks)
    return plan


def _fit(plan: Plan, ranks: list[list[Vertex]]) -> None:
    """Move all so that it starts at 0, and measure it."""
    every = [vertex for rank in ranks for vertex in rank]
    left = min((vertex.u - vertex.before for vertex in every), default=0.0)
    for vertex in every:
        vertex.u -= left
    plan.across = max((vertex.u + max(vertex.after, vertex.tail) for vertex in every), default=0.0)
    plan.along = max((vertex.v + vertex.along for vertex in every), default=0.0)
    plan.routes = [[(u - left, v) for u, v in route] for route in plan.routes]
