"""Graph → Graph, shaped: every node gets its outputs, cost and, if it is a composite, the body that it expands to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from archspec.errors import MOST_PROBLEMS, Problem, RuleError, SpecError
from archspec.graph.blame import MisfitError, Trouble, blame
from archspec.graph.block import Block, Composite, Op, Ref, Value
from archspec.graph.key import Key, Numbering, hashable
from archspec.graph.node import Graph, Node
from archspec.graph.ports import check_ports, port_names
from archspec.graph.shape import Cost, Shape

Defaults = Mapping[str, Mapping[str, Any]]
Finished = tuple[tuple[Shape, ...], Cost, Graph | None, int, int]
Memory = dict[Key, "Inference"]

MOST_NODES = 200_000
MOST_PLACED = 50_000
"""How many nodes are worked out for one graph; equal blocks on equal shapes are worked out once."""
MOST_LEVELS = 50


def infer(graph: Graph, defaults: Defaults | None = None, memory: Memory | None = None) -> Graph:
    """Shape a wired graph: every node gets its outputs, its cost and, if it is a composite, its body.

    `defaults` gives, by block word, the values of fields that nobody set: `{"layer_norm": {"eps": 1e-6}}`. A `memory`
    that several graphs share, such as the variants of a spec, works out once what they have in common.

    Raises a SpecError with every problem that does not follow from another one.
    """
    defaults = defaults or {}
    memory = {} if memory is None else memory
    inference = memory.setdefault(hashable(defaults), Inference(defaults))
    inference.placed = 0
    level = Shaping(graph.inputs, inference)
    try:
        place(level, graph, {name: level.input(name) for name in graph.inputs})
    except MisfitError as misfit:
        raise SpecError(misfit.problems) from None
    return replace(graph, nodes=level.nodes)


@dataclass(slots=True)
class Inference:
    """What all levels of one inference share: the defaults, and the results of equal blocks on equal shapes."""

    defaults: Defaults
    known: dict[Key, Finished] = field(default_factory=dict)
    numbering: Numbering = field(default_factory=Numbering)
    placed: int = 0
    _filled: dict[int, tuple[Block, Block]] = field(default_factory=dict)  # by the id of the first, which is held

    def with_defaults(self, block: Block) -> Block:
        """The block with the defaults in the fields that nobody set; the same object for the same one."""
        if block.word not in self.defaults:
            return block
        if id(block) not in self._filled:
            self._filled[id(block)] = block, with_defaults(block, self.defaults)
        return self._filled[id(block)][1]


class Shaping:
    """The Scope that shapes each node as it is placed."""

    def __init__(self, inputs: Mapping[str, Shape], inference: Inference, level: int = 0) -> None:
        self.inputs = inputs
        self.nodes: dict[str, Node] = {}
        self.size = 0  # nodes of this level and below
        self.level, self.height = level, 0  # levels above and below
        self._inference = inference

    def __call__(self, name: str, block: Block, *values: Value[Any]) -> Any:
        return self.place(Node(name, block, tuple(value.ref for value in values)), values)

    def input(self, name: str) -> Value[Any]:
        """The value that comes in under this name."""
        return Value(Ref(name), self.inputs[name])

    def place(self, node: Node, values: Sequence[Value[Any]]) -> Any:
        """Shape a node and add it. Raises a MisfitError that names the node where its rules refuse the values."""
        if node.name in self.nodes or node.name in self.inputs:
            raise RuleError(f"two nodes are named {node.name}", code="duplicate-node")
        block = self._inference.with_defaults(node.block)
        try:
            check_ports(block, values)
            outputs, cost, body, size, height = self._finish(block, tuple(value.shape for value in values))
            self._check_bounds(size, height)
            if node.share:
                _check_share(node, self.nodes[node.share], block, cost, outputs)
        except RuleError as error:
            problem = Problem(error.code, str(error), path=node.name, help=error.help)
            raise MisfitError([Trouble(problem, node.block, error.field)]) from None
        except MisfitError as misfit:
            raise MisfitError([trouble.inside(node.name, node.block) for trouble in misfit.troubles]) from None
        if node.share:
            cost = Cost(macs=cost.macs)
        self.nodes[node.name] = Node(
            node.name, block, node.inputs, outputs, cost, body, node.share, node.mark, node.marks
        )
        results = tuple(Value(Ref(node.name, port), shape) for port, shape in enumerate(outputs))
        return results if block.output_names() else results[0]

    def _check_bounds(self, size: int, height: int) -> None:
        """Count a node with all below it. Raises RuleError where the graph gets too large or too deep."""
        self.size += size
        self.height = max(self.height, height)
        self._inference.placed += 1
        if self.size > MOST_NODES:
            raise RuleError(f"the graph has more than {MOST_NODES:,} nodes", code="too-large")
        if self._inference.placed > MOST_PLACED:
            raise RuleError(f"the graph has more than {MOST_PLACED:,} nodes that differ", code="too-large")
        if self.level + height > MOST_LEVELS:
            raise RuleError(f"blocks are nested deeper than {MOST_LEVELS} levels", code="too-large")

    def _finish(self, block: Block, shapes: tuple[Shape, ...]) -> Finished:
        key = (self._inference.numbering.number(block), shapes)
        if key not in self._inference.known:
            self._inference.known[key] = self._work_out(block, shapes)
        return self._inference.known[key]

    def _work_out(self, block: Block, shapes: tuple[Shape, ...]) -> Finished:
        if isinstance(block, Op):
            outputs = _tuple(block.infer(*shapes))
            for shape in outputs:
                _check_size(shape)
            return outputs, block.cost(*shapes), None, 1, 0
        assert isinstance(block, Composite)
        names = port_names(block, len(shapes))
        inner = Shaping(dict(zip(names, shapes, strict=True)), self._inference, self.level + 1)
        self._check_bounds(0, 1)
        try:
            results = _tuple(block.expand(inner, *(inner.input(name) for name in names)))
        except ValidationError as error:  # of a block within, whose size follows from what this one was given
            fault = error.errors(include_url=False)[0]
            message = f"{block.word} on {', '.join(map(str, shapes))} asks its {error.title} for "
            message += f"{'.'.join(map(str, fault['loc']))}={fault['input']}"
            raise RuleError(f"{message}: {fault['msg'].lower()}", code="too-large") from None
        titles = block.output_names() or ("out",)
        body = Graph(
            inner.inputs, inner.nodes, {title: value.ref for title, value in zip(titles, results, strict=True)}
        )
        return tuple(value.shape for value in results), body.cost, body, 1 + inner.size, 1 + inner.height


def _check_share(node: Node, owner: Node, block: Block, cost: Cost, outputs: tuple[Shape, ...]) -> None:
    """Weights fit twice only where both uses would have made the same ones."""
    if cost.params != owner.cost.params or [s.sizes[-1:] for s in outputs] != [s.sizes[-1:] for s in owner.outputs]:
        raise RuleError(
            f"{node.name} shares the weights of {owner.name}, which gives {owner.shape} with {owner.cost.params:,} "
            f"parameters; here {block.word} gives {outputs[0]} and would have {cost.params:,}",
            code="share",
        )


def place(level: Shaping, graph: Graph, inputs: Mapping[str, Value[Any]]) -> dict[str, tuple[Value[Any], ...]]:
    """Place the nodes of a wired graph; by name, the values of each.

    Nodes that read from a failed one, or share its weights, are skipped, all others are placed: each fault is reported
    once. Raises a MisfitError with the troubles of all nodes that failed.
    """
    values: dict[str, tuple[Value[Any], ...]] = {name: (value,) for name, value in inputs.items()}
    troubles: list[Trouble] = []
    for name, node in graph.nodes.items():
        needed = [ref.node for ref in node.inputs] + ([node.share] if node.share else [])
        if all(other in values for other in needed):
            try:
                values[name] = _tuple(level.place(node, [values[ref.node][ref.port] for ref in node.inputs]))
            except MisfitError as misfit:
                troubles += (blame(trouble, node, level.nodes, level.inputs) for trouble in misfit.troubles)
        if len(troubles) >= MOST_PROBLEMS:
            break
    if troubles:
        raise MisfitError(troubles)
    return values


def with_defaults(block: Block, defaults: Defaults) -> Block:
    """The block with the spec's defaults in the fields that nobody set."""
    missing = {
        name: value for name, value in defaults.get(block.word, {}).items() if name not in block.model_fields_set
    }
    return block.model_copy(update=missing) if missing else block


def _tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _check_size(shape: Shape) -> None:
    if any(size < 1 for size in shape.sizes):
        raise RuleError(f"nothing is left: the output would be {shape}")
    if shape.numel > 2**40:
        raise RuleError(f"the output would be {shape}, more than 2^40 numbers for one sample", code="too-large")
