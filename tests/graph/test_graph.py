"""The graph's own order and edges, with networkx as the judge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archspec.graph.node import Graph
from archspec.language import load, packaged_specs


def levels(graph: Graph) -> Iterator[Graph]:
    """A graph and every body in it."""
    yield graph
    yield from (node.body for _, node in graph.walk() if node.body)


@pytest.mark.parametrize("path", packaged_specs(), ids=lambda path: path.stem)
def test_every_level_is_acyclic_and_stands_in_an_order_that_it_can_be_run_in(path: Path) -> None:
    import networkx

    for level in levels(load(path)):
        found = level.networkx()
        assert networkx.is_directed_acyclic_graph(found)
        assert list(found) == [*level.inputs, *level.nodes]
        place = {name: number for number, name in enumerate(found)}
        assert all(place[source] < place[reader] for source, reader in found.edges())


@pytest.mark.parametrize("path", packaged_specs(), ids=lambda path: path.stem)
def test_every_port_is_an_edge_with_the_shape_that_flows_there(path: Path) -> None:
    for level in levels(load(path)):
        found = level.networkx()
        for name, node in level.nodes.items():
            edges = sorted(
                ((data["port"], source, data["shape"]) for source, _, data in found.in_edges(name, data=True)),
                key=lambda edge: edge[0],
            )
            wanted = [(port, ref.node, level.shape(ref)) for port, ref in enumerate(node.inputs)]
            assert edges == wanted


def test_a_node_is_found_at_its_path() -> None:
    graph = load("cvt")
    assert all(graph.find(path) is node for path, node in graph.walk())
    with pytest.raises(KeyError):
        graph.find("stage3.layers.0.nothing")
