"""The graph's own order and edges, with networkx as the judge."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archspec.errors import SpecError
from archspec.graph import Composite, Graph, Node, Ref, Scope, Value, Vector, infer
from archspec.graph.repeat import Repeat
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


class Endless(Composite):
    """A block that places another one of its kind in itself."""

    n: int = 0

    def expand(self, scope: Scope, x: Value[Vector]) -> Any:
        return scope("inner", Endless(n=self.n + 1), x)


def test_blocks_without_an_end_are_refused() -> None:
    graph = Graph({"x": Vector(4)}, {"a": Node("a", Endless(), (Ref("x"),))}, {"y": Ref("a")})
    with pytest.raises(SpecError, match="nested deeper than 50 levels"):
        infer(graph)


def test_depth_counts_what_was_worked_out_before() -> None:
    from archspec.ops.norm import LayerNorm

    deep: Any = LayerNorm()
    for _ in range(30):
        deep = Repeat(blocks=(deep,))
    deeper = deep
    for _ in range(30):
        deeper = Repeat(blocks=(deeper,))
    nodes = {name: Node(name, block, (Ref("x"),)) for name, block in (("a", deep), ("b", deeper))}
    with pytest.raises(SpecError, match="nested deeper than 50 levels"):
        infer(Graph({"x": Vector(4)}, nodes, {"y": Ref("a"), "z": Ref("b")}))


def test_graphs_with_very_many_different_nodes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from archspec.ops.norm import LayerNorm

    monkeypatch.setattr(sys.modules["archspec.graph.infer"], "MOST_PLACED", 20)
    many = Repeat(blocks=tuple(LayerNorm(eps=1 / (10 + place)) for place in range(30)))
    with pytest.raises(SpecError, match="more than 20 nodes that differ"):
        infer(Graph({"x": Vector(4)}, {"a": Node("a", many, (Ref("x"),))}, {"y": Ref("a")}))
