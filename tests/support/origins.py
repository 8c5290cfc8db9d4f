"""Where a graph comes from, for tests that load one and know that it comes from a spec."""

from __future__ import annotations

from archspec.graph import Graph, Origin


def origin_of(graph: Graph) -> Origin:
    """The graph's origin; an AssertionError where it has none."""
    assert graph.origin is not None
    return graph.origin
