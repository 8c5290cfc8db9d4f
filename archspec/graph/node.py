"""The graph: nodes, what each reads, and – once shapes are inferred – what each gives, costs and consists of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from archspec.errors import Mark
from archspec.graph.block import Block, Ref
from archspec.graph.shape import Cost, Shape

FREE = Cost()

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One use of a block. `outputs`, `cost` and, for a composite, `body` are there once shapes are inferred."""

    name: str
    block: Block
    inputs: tuple[Ref, ...]
    outputs: tuple[Shape, ...] = ()
    cost: Cost = FREE
    body: Graph | None = None
    share: str | None = None  # the sibling whose weights this node applies again
    mark: Mark | None = None  # where the author wrote it; None inside a Python composite
    marks: Mapping[str, Mark] = field(default_factory=dict)  # of its config: `heads`, `attention.heads` …

    @property
    def shape(self) -> Shape:
        """The only output's shape (the first one's, where there are several)."""
        return self.outputs[0]


@dataclass(frozen=True, eq=False)
class Origin:
    """The spec that a whole architecture comes from."""

    name: str
    title: str | None
    source: str | None
    """Where the architecture is published."""
    variant: str | None
    file: str
    """The spec's path, as its reader gave it."""
    weights: str | None
    """The path of the rules for other sources' weights."""
    params: Mapping[str, Any]
    """The values of the spec's parameters."""
    spec: Mapping[str, Any]
    """The resolved document as plain data; not the other variants, nor the paths of this machine."""

    @property
    def label(self) -> str:
        """The name that its users know it by: the variant's, or the spec's."""
        return self.variant or self.name

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the resolved document, in hexadecimal: equal for equal architectures."""
        import hashlib
        import json

        return hashlib.sha256(json.dumps(self.spec, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Nodes in an order in which each comes after what it reads."""

    inputs: Mapping[str, Shape]
    nodes: Mapping[str, Node]
    outputs: Mapping[str, Ref]
    train_outputs: Mapping[str, Ref] | None = None  # None: the same as `outputs`
    origin: Origin | None = None  # of a whole architecture; None for the body of a composite

    @property
    def cost(self) -> Cost:
        """The sum over the nodes."""
        return sum((node.cost for node in self.nodes.values()), Cost())

    def shape(self, ref: Ref) -> Shape:
        """The shape behind a reference."""
        if ref.node in self.inputs:
            return self.inputs[ref.node]
        return self.nodes[ref.node].outputs[ref.port]

    def walk(self, path: str = "") -> Iterator[tuple[str, Node]]:
        """Every node at every depth, a composite before its body, with its dotted path.

        The inside of a node that shares another's weights is that of the other one.
        """
        for name, node in self.nodes.items():
            here = f"{path}.{name}" if path else name
            yield here, node
            if node.body and not node.share:
                yield from node.body.walk(here)

    def find(self, path: str) -> Node:
        """The node at a dotted path; a KeyError where there is none."""
        head, _, rest = path.partition(".")
        node = self.nodes[head]
        if not rest:
            return node
        if node.body is None:
            raise KeyError(path)
        return node.body.find(rest)

    def networkx(self) -> networkx.MultiDiGraph[str]:
        """This level as a networkx graph: inputs and nodes are vertices, values are edges with `shape` and `port`."""
        import networkx

        graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph()
        for name, shape in self.inputs.items():
            graph.add_node(name, shape=shape)
        for name, node in self.nodes.items():
            graph.add_node(name, node=node)
            for place, ref in enumerate(node.inputs):
                graph.add_edge(ref.node, name, shape=self.shape(ref), port=place)
        return graph
