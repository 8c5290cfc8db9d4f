"""Which rows of every value are read: worked out backwards, from what is wanted of the outputs of a level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archspec.compiler.kernels.kernel import Held
from archspec.graph import Graph, Node, Op, Ref, Repeat, Shape, Span

NONE: Span = (0, 0)
Demand = Mapping[Ref, Span]


class Demands:
    """What is read of every level of one graph: of equal levels it is worked out once."""

    def __init__(self) -> None:
        # By what is asked; the graph is held, so that its id stays its own.
        self._known: dict[tuple[object, ...], tuple[Graph, dict[Ref, Span]]] = {}

    def of_level(self, graph: Graph, wanted: Demand, *, effects: bool = True, plain: bool = False) -> dict[Ref, Span]:
        """Rows by value; a value that nothing reads is missing, or `NONE`.

        Without `effects`, what nodes read that run for their effects alone does not count. With `plain`, a node reads
        its inputs whole, as all do in a graph as it is written.
        """
        key = id(graph), tuple(wanted.items()), effects, plain
        if key not in self._known:
            self._known[key] = graph, self._of_level(graph, wanted, effects=effects, plain=plain)
        return self._known[key][1]

    def _of_level(self, graph: Graph, wanted: Demand, *, effects: bool, plain: bool) -> dict[Ref, Span]:
        spans: dict[Ref, Span] = dict(wanted)
        shared = owners(graph)
        for name in reversed(list(graph.nodes)):
            node = graph.nodes[name]
            rigid = plain or is_rigid(node, shared)
            read = self.needs(graph, node, of(node, spans), effects=effects, rigid=rigid)
            for ref, span in zip(node.inputs, read, strict=True):
                spans[ref] = hull(spans.get(ref, NONE), span)
        return spans

    def needs(
        self, graph: Graph, node: Node, spans: Sequence[Span], *, effects: bool = True, rigid: bool
    ) -> list[Span]:
        """What a node reads of its inputs to give these rows of its outputs; a rigid one reads them whole."""
        shapes = [graph.shape(ref) for ref in node.inputs]
        whole = [(0, shape.rows) for shape in shapes]
        if all(span == NONE for span in spans):
            return whole if effects and has_effects(node) else [NONE] * len(shapes)
        if node.body:
            outputs = node.body.outputs.values()
            inside = dict.fromkeys(outputs, NONE)
            for ref, span in zip(outputs, spans, strict=True):
                inside[ref] = hull(inside[ref], span)
            read = self.of_level(node.body, inside, effects=effects, plain=rigid)
            inputs = [read.get(Ref(name), NONE) for name in node.body.inputs]
            if all(span == NONE for span in inputs):
                inputs[:1] = whole[:1]  # nothing but sources: they are told the batch by it
            return [all_ if span != NONE and rigid else span for span, all_ in zip(inputs, whole, strict=True)]
        assert isinstance(node.block, Op)
        return whole if rigid else _of_op(node.block, shapes, node.outputs, spans)


def of(node: Node, spans: Demand) -> list[Span]:
    """What is wanted of a node's outputs."""
    return [spans.get(Ref(node.name, port), NONE) for port in range(len(node.outputs))]


def _of_op(block: Op, shapes: list[Shape], outputs: Sequence[Shape], spans: Sequence[Span]) -> list[Span]:
    whole = [(0, shape.rows) for shape in shapes]
    if block.rows == "each":
        return [hull(*spans)] * len(shapes)
    if block.rows == "asked":
        return [hull(*spans), *whole[1:]]
    if block.rows == "moved":
        return parts(line(outputs, spans), shapes)
    return list(block.reads(*shapes))


def hull(*spans: Span) -> Span:
    """The rows from the first of any to the last of any."""
    there = [span for span in spans if span != NONE]
    return (min(span[0] for span in there), max(span[1] for span in there)) if there else NONE


def line(shapes: Sequence[Shape], spans: Sequence[Span]) -> Span:
    """The hull of rows of several values that stand in a line."""
    offsets = _offsets(shapes)
    moved = [(start + at, stop + at) for (start, stop), at in zip(spans, offsets, strict=True) if start < stop]
    return hull(*moved)


def parts(span: Span, shapes: Sequence[Shape]) -> list[Span]:
    """The rows of each of several values of which some in a line are wanted."""
    clipped = [
        (max(span[0] - at, 0), min(span[1] - at, shape.rows))
        for shape, at in zip(shapes, _offsets(shapes), strict=True)
    ]
    return [(start, stop) if start < stop else NONE for start, stop in clipped]


def _offsets(shapes: Sequence[Shape]) -> list[int]:
    return [sum(shape.rows for shape in shapes[:place]) for place in range(len(shapes))]


def has_effects(node: Node) -> bool:
    """Whether a run of a node, or of one in it, leaves more than its outputs."""
    if isinstance(node.block, Held):
        return False
    if node.body:
        return any(map(has_effects, node.body.nodes.values()))
    return isinstance(node.block, Op) and node.block.effects


def owners(graph: Graph) -> frozenset[str]:
    """The nodes whose weights others apply again."""
    return frozenset(node.share for node in graph.nodes.values() if node.share)


def is_rigid(node: Node, shared: frozenset[str]) -> bool:
    """Whether a node runs as it is written or not at all.

    So do modules of several nodes, and repetitions that may be left out, which give what they take.
    """
    return bool(node.share or node.name in shared or (isinstance(node.block, Repeat) and node.block.layer_dropout))
