"""One level of a graph while it is rewritten: who reads what, and edits that keep every node's path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from archspec.compiler.kernels.kernel import Held, Kernel
from archspec.compiler.rewrites.rewrite import Apply, Record
from archspec.graph import Cost, Graph, Node, Ref, Shape

if TYPE_CHECKING:
    import networkx

OUTPUTS = ""
"""The vertex that reads the level's outputs: no node can be named so."""


class Level:
    """A level's nodes, by name, and their uses.

    Edits may leave nodes before what they read; `graph` brings them into order, each as near to its place as it may be.
    """

    def __init__(self, graph: Graph) -> None:
        self.records: list[Record] = []
        self.nodes = dict(graph.nodes)
        self._graph = graph
        self._places = {name: (place, 0) for place, name in enumerate(graph.nodes)}

    @cached_property
    def uses(self) -> networkx.MultiDiGraph[str]:
        """Values as edges from the node that gives them to those that read them."""
        import networkx

        uses: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
        uses.add_nodes_from([OUTPUTS, *self._graph.inputs, *self.nodes])
        for name, node in self.nodes.items():
            uses.add_edges_from((ref.node, name, {"port": ref.port}) for ref in node.inputs)
            if node.share:
                uses.add_edge(node.share, name, port=None)
        for ref in _outputs(self._graph):
            uses.add_edge(ref.node, OUTPUTS, port=ref.port)
        return uses

    def shape(self, ref: Ref) -> Shape:
        """The shape behind a reference."""
        return (
            self._graph.inputs[ref.node] if ref.node in self._graph.inputs else self.nodes[ref.node].outputs[ref.port]
        )

    def is_free(self, node: Node) -> bool:
        """Whether a node's weights are its own, and applied once; others are left as they are."""
        return not node.share and all(port is not None for _, port in self._uses_of(node.name))

    def readers(self, ref: Ref) -> list[str]:
        """The nodes that read a value, once for each time; `OUTPUTS` where it is an output of the level."""
        return [name for name, port in self._uses_of(ref.node) if port == ref.port]

    def only_reader(self, node: Node) -> Node | None:
        """The node that reads a node's one output, where there is no other reader and it reads it once."""
        if len(node.outputs) != 1 or not self.is_free(node):
            return None
        readers = self.readers(Ref(node.name))
        return self.nodes.get(readers[0]) if len(readers) == 1 else None

    def source(self, ref: Ref, *, alone: bool = True) -> Node | None:
        """The free node behind a value; with `alone`, where nothing else reads any of its outputs."""
        node = self.nodes.get(ref.node)
        if node is None or not self.is_free(node) or (alone and self.uses.out_degree(node.name) != 1):
            return None
        return node

    def put(self, node: Node) -> None:
        """Set a node in place of the one of its name."""
        assert node.name in self.nodes
        self.nodes[node.name] = node
        self._edited()

    def insert(self, node: Node, before: str) -> None:
        """Add a node in front of another one."""
        assert node.name not in self.nodes and node.name not in self._graph.inputs
        self.nodes[node.name] = node
        place, _ = self._places[before]
        self._places[node.name] = (place, -1)
        self._edited()

    def remove(self, node: Node) -> None:
        """Take out a node that nothing reads; one with weights is held instead."""
        if node.cost.params:
            shapes = tuple(self.shape(ref) for ref in node.inputs)
            self.nodes[node.name] = held(node, shapes)
        else:
            del self.nodes[node.name]
        self._edited()

    def redirect(self, old: Ref, new: Ref) -> None:
        """Let all that read one value read another one."""
        for node in self.nodes.values():
            if old in node.inputs:
                self.nodes[node.name] = replace(node, inputs=tuple(new if ref == old else ref for ref in node.inputs))
        self._graph = replace(
            self._graph,
            outputs={title: new if ref == old else ref for title, ref in self._graph.outputs.items()},
            train_outputs=self._graph.train_outputs
            and {title: new if ref == old else ref for title, ref in self._graph.train_outputs.items()},
        )
        self._edited()

    def fresh(self, name: str) -> str:
        """A name like this one that no node has."""
        while name in self.nodes or name in self._graph.inputs:
            name += "_"
        return name

    def record(self, node: Node, what: str, macs: int = 0, numbers: int = 0) -> None:
        """Note what was done at a node, and what that saves for one sample."""
        self.records.append(Record(node.name, what, macs, numbers))

    def graph(self) -> Graph:
        """The level as it is now."""
        import networkx

        uses = self.uses.subgraph(self.nodes)
        order = networkx.lexicographical_topological_sort(uses, key=self._places.__getitem__)
        return replace(self._graph, nodes={name: self.nodes[name] for name in order})

    def _uses_of(self, name: str) -> Iterator[tuple[str, int | None]]:
        """The readers of a node, each with the output that it reads; None where it reads the weights."""
        for _, reader, edge in self.uses.out_edges(name, data=True):
            yield reader, edge["port"]

    def _edited(self) -> None:
        self.__dict__.pop("uses", None)


def held(node: Node, shapes: tuple[Shape, ...]) -> Node:
    """A node that no longer runs and keeps its weights."""
    cost = replace(node.cost, macs=0)
    return replace(node, block=Held(block=node.block, shapes=shapes), inputs=(), outputs=(), cost=cost)


def kernel_node(node: Node, kernel: Kernel, *inputs: Ref, macs: int = 0) -> Node:
    """A kernel in the place of a node: it gives the same."""
    return replace(node, block=kernel, inputs=inputs, body=None, cost=Cost(macs=macs))


def at_each_level(rewrite: Callable[[Level], None]) -> Apply:
    """The rewrite of one level, applied to the bodies of the nodes, the innermost first; to equal bodies once."""

    def apply(graph: Graph) -> tuple[Graph, list[Record]]:
        return _descend(graph, rewrite, {})

    return apply


def _descend(
    graph: Graph, rewrite: Callable[[Level], None], known: dict[int, tuple[Graph, Graph, list[Record]]]
) -> tuple[Graph, list[Record]]:
    if id(graph) not in known:
        records: list[Record] = []
        nodes: dict[str, Node] = {}
        for name, node in graph.nodes.items():
            if node.body and not isinstance(node.block, Held):
                body, below = _descend(node.body, rewrite, known)
                node = node if body is node.body else replace(node, body=body)
                records += [replace(record, path=f"{name}.{record.path}") for record in below]
            nodes[name] = node
        level = Level(replace(graph, nodes=nodes))
        rewrite(level)
        records += level.records
        known[id(graph)] = (
            graph,
            level.graph() if records else graph,
            records,
        )  # the first is held: its id stays its own
    return known[id(graph)][1:]


def _outputs(graph: Graph) -> Iterator[Ref]:
    """Every reference to an output, in training or evaluation."""
    groups: tuple[Mapping[str, Ref], ...] = (graph.outputs, graph.train_outputs or {})
    for group in groups:
        yield from group.values()
