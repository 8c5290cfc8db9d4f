"""Tokens that no output depends on are not computed: a classifier that reads the class token asks for no other ones.

First backwards, from the outputs: of every value, the rows that are read (`demand`). Then forwards: each node gets the
rows of its inputs that it needs, and computes no others. Ops say themselves how their rows depend on each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from archspec.compiler.kernels.kernel import Held
from archspec.compiler.kernels.rows import Rows
from archspec.compiler.kernels.touch import Touch
from archspec.compiler.rewrites.demand import (
    NONE,
    Demand,
    Demands,
    has_effects,
    hull,
    is_rigid,
    line,
    of,
    owners,
    parts,
)
from archspec.compiler.rewrites.level import held
from archspec.compiler.rewrites.rewrite import Record, Rewrite
from archspec.graph import Composite, Cost, Graph, Grid, Node, Op, Ref, Scope, Span, Tokens, Value, Vector
from archspec.ops.attention import DotAttention
from archspec.ops.layout import Split
from archspec.ops.linear import Linear
from archspec.ops.merge import Add
from archspec.ops.token import SelectToken


def apply(graph: Graph) -> tuple[Graph, list[Record]]:
    """The graph with no more rows anywhere than its outputs depend on."""
    refs = [*graph.outputs.values(), *(graph.train_outputs or {}).values()]
    wanted = {ref: (0, graph.shape(ref).rows) for ref in refs}
    level = _Level(
        graph, {name: (0, shape.rows) for name, shape in graph.inputs.items()}, wanted, wanted, wanted, Demands()
    )
    return level.pruned(), level.records


@dataclass(slots=True, eq=False)
class _Level:
    """A level on its way: of each input the rows that come in, of each output those that are wanted.

    `alive` are those that are not wanted for effects alone; `reached` those that the whole model's outputs depend on in
    the graph as it is written. Weights behind the latter and not behind the former have a gradient there, but not here.
    """

    graph: Graph
    inputs: dict[str, Span]
    wanted: Demand
    alive: Demand
    reached: Demand
    demands: Demands
    records: list[Record] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    there: dict[Ref, Span] = field(default_factory=dict)  # the rows that are computed
    instead: dict[Ref, Ref] = field(default_factory=dict)
    idle: list[str] = field(default_factory=list)  # whose weights would miss their gradient

    def pruned(self) -> Graph:
        graph, shared = self.graph, owners(self.graph)
        read = self.demands.of_level
        wanted, alive = read(graph, self.wanted), read(graph, self.alive, effects=False)
        reached = read(graph, self.reached, effects=False, plain=True)
        self.there = {Ref(name): span for name, span in self.inputs.items()}
        for node in graph.nodes.values():
            spans, rigid = of(node, wanted), is_rigid(node, shared)
            need = self.demands.needs(graph, node, spans, rigid=rigid)
            lives, grads = of(node, alive), of(node, reached)
            if node.cost.params and not node.share and not any(map(_some, lives)) and any(map(_some, grads)):
                self.idle.append(node.name)
            if isinstance(node.block, Held):
                self.nodes[node.name] = node
            elif not any(map(_some, spans)):
                self._unread(node)
            elif rigid:
                self._whole(node)
            elif node.body:
                self._composite(node, spans, need, lives, grads)
            else:
                self._op(node, spans, need)
        narrow = any(span != (0, graph.inputs[name].rows) for name, span in self.inputs.items())
        return self._finished() if self.records or narrow else graph

    def _finished(self) -> Graph:
        graph = self.graph
        outputs = {title: self._output(ref) for title, ref in graph.outputs.items()}
        train = graph.train_outputs and {title: self._output(ref) for title, ref in graph.train_outputs.items()}
        for ref in dict.fromkeys([*outputs.values(), *(train or {}).values()] if self.idle else []):
            name = self._fresh(f"{ref.node}_touched")
            shape = self.nodes[ref.node].outputs[ref.port] if ref.node in self.nodes else graph.inputs[ref.node]
            self.nodes[name] = Node(name, Touch(weights=tuple(self.idle)), (ref,), (shape,))
            outputs = {title: Ref(name) if there == ref else there for title, there in outputs.items()}
            train = train and {title: Ref(name) if there == ref else there for title, there in train.items()}
        inputs = {name: graph.inputs[name].cut(*span) for name, span in self.inputs.items() if span != NONE}
        return replace(graph, inputs=inputs, nodes=self.nodes, outputs=outputs, train_outputs=train)

    def _output(self, ref: Ref) -> Ref:
        """An output's rows; one that nothing reads gives what another gives."""
        if self.wanted[ref] == NONE:
            ref = next(other for other, span in self.wanted.items() if span != NONE)
        return self._take(ref, self.wanted[ref])

    def _unread(self, node: Node) -> None:
        if has_effects(node):
            self._whole(node)
        else:
            if node.cost.params or node.cost.buffers:
                self.nodes[node.name] = held(node, tuple(self.graph.shape(ref) for ref in node.inputs))
            numbers = sum(shape.numel for shape in node.outputs)
            self.records.append(Record(node.name, "nothing depends on it", node.cost.macs, numbers))

    def _whole(self, node: Node) -> None:
        inputs = tuple(self._take(ref, (0, self.graph.shape(ref).rows)) for ref in node.inputs)
        self._add(replace(node, inputs=inputs), [(0, shape.rows) for shape in node.outputs])

    def _composite(self, node: Node, spans: list[Span], need: list[Span], lives: list[Span], grads: list[Span]) -> None:
        assert node.body
        outputs = list(node.body.outputs.values())
        inside, alive, reached = (dict.fromkeys(outputs, NONE) for _ in range(3))
        for ref, span, live, grad in zip(outputs, spans, lives, grads, strict=True):
            inside[ref], alive[ref] = hull(inside[ref], span), hull(alive[ref], live)
            reached[ref] = hull(reached[ref], grad)
        level = _Level(node.body, dict(zip(node.body.inputs, need, strict=True)), inside, alive, reached, self.demands)
        body = level.pruned()
        if body is node.body:
            self._whole(node)
            return
        self.records += [replace(record, path=f"{node.name}.{record.path}") for record in level.records]
        inputs = tuple(self._take(ref, span) for ref, span in zip(node.inputs, need, strict=True) if span != NONE)
        there = [inside[ref] if span != NONE else NONE for ref, span in zip(outputs, spans, strict=True)]
        shapes = tuple(shape.cut(*span) if span != NONE else shape
                       for shape, span in zip(node.outputs, there, strict=True))  # fmt: skip
        cost = replace(node.cost, macs=body.cost.macs)
        self._add(replace(node, inputs=inputs, outputs=shapes, body=body, cost=cost), there)

    def _op(self, node: Node, spans: list[Span], need: list[Span]) -> None:
        block = node.block
        assert isinstance(block, Op)
        there = [(0, shape.rows) for shape in node.outputs]
        if block.rows == "mixed":
            need = [self.there[ref] for ref in node.inputs]  # at least what it reads
        elif block.rows == "moved":
            there = parts(line(node.outputs, spans), node.outputs)
            if (wanted := [span for span in spans if span != NONE]) == wanted[:1] and need.count(NONE) == len(need) - 1:
                self._moved(node, spans, need)
                return
        else:
            there = [hull(*spans)] * len(spans)
        inputs = tuple(self._take(ref, span) for ref, span in zip(node.inputs, need, strict=True))
        shapes = [self.graph.shape(ref).cut(*span) for ref, span in zip(node.inputs, need, strict=True)]
        outputs = tuple(shape.cut(*span) for shape, span in zip(node.outputs, there, strict=True))
        if outputs != node.outputs:
            macs = block.cost(*shapes).macs
            rows, saved = outputs[0].rows, sum(a.numel - b.numel for a, b in zip(node.outputs, outputs, strict=True))
            what = f"{rows} of {node.shape.rows} rows"
            self.records.append(Record(node.name, what, node.cost.macs - macs, saved))
            node = replace(node, outputs=outputs, cost=replace(node.cost, macs=macs))
        self._add(replace(node, inputs=inputs), there)

    def _moved(self, node: Node, spans: list[Span], need: list[Span]) -> None:
        """One input's rows are one output's rows: those that read the node read the input."""
        port = next(port for port, span in enumerate(spans) if span != NONE)
        place = next(place for place, span in enumerate(need) if span != NONE)
        self.instead[Ref(node.name, port)] = self._take(node.inputs[place], need[place])
        self.there[Ref(node.name, port)] = spans[port]
        self.records.append(Record(node.name, "its rows are read where they come from", numbers=node.shape.numel))

    def _add(self, node: Node, there: list[Span]) -> None:
        self.nodes[node.name] = node
        self.there |= {Ref(node.name, port): span for port, span in enumerate(there)}

    def _take(self, ref: Ref, span: Span) -> Ref:
        """A reference to these rows of a value, of which no fewer are there."""
        start, at = self.there[ref][0], self.instead.get(ref, ref)
        if span in (NONE, self.there[ref]):
            return at
        name = f"{ref.node}_rows{ref.port or ''}_{span[0]}_{span[1]}"
        if name not in self.nodes:
            shape = self.graph.shape(ref).cut(*span)
            self.nodes[name] = Node(name, Rows(start=span[0] - start, stop=span[1] - start), (at,), (shape,), Cost())
        return Ref(name)

    def _fresh(self, name: str) -> str:
        while name in self.graph.nodes or name in self.graph.inputs or name in self.nodes:
            name += "_"
        return name


def _some(span: Span) -> bool:
    return span != NONE


class Attention(Composite):
    """Attention of which only the class token is read."""

    def expand(self, scope: Scope, x: Value[Tokens]) -> Value[Vector]:
        q, k, v = scope("split", Split(), scope("qkv", Linear(features=3 * x.shape.c), x))
        y = scope("add", Add(), x, scope("attend", DotAttention(heads=2), q, k, v))
        result: Value[Vector] = scope("pool", SelectToken(), y)
        return result


REWRITE = Rewrite("exact", "live", apply, (Attention(), (Tokens(7, 8, Grid(2, 3), ("cls",)),)))
