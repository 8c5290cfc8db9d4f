"""Graph → Graph, shaped: every node gets its outputs, cost and, if it is a composite, the body that it expands to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from archspec.errors import MOST_PROBLEMS, Mark, Problem, RuleError, SpecError
from archspec.graph.block import Block, Composite, Op, Ref, Value
from archspec.graph.node import Graph, Node
from archspec.graph.shape import Cost, Image, Shape, Tokens, Vector

Defaults = Mapping[str, Mapping[str, Any]]
Key = tuple[Any, ...]
Finished = tuple[tuple[Shape, ...], Cost, Graph | None, int]
Memory = dict[Key, "Inference"]

MOST_NODES = 200_000


def infer(graph: Graph, defaults: Defaults | None = None, memory: Memory | None = None) -> Graph:
    """Shape a wired graph; a SpecError with every problem that does not follow from another one.

    `defaults` gives, by block word, the values of fields that nobody set: `{"layer_norm": {"eps": 1e-6}}`. A `memory`
    that several graphs share, such as the variants of a spec, works out once what they have in common.
    """
    defaults = defaults or {}
    memory = {} if memory is None else memory
    level = Shaping(graph.inputs, memory.setdefault(_hashable(defaults), Inference(defaults)))
    try:
        place(level, graph, {name: level.input(name) for name in graph.inputs})
    except _MisfitError as misfit:
        raise SpecError(misfit.problems) from None
    return replace(graph, nodes=level.nodes)


@dataclass(slots=True)
class Inference:
    """What one inference shares between all its levels: the defaults, and what equal blocks on equal shapes gave."""

    defaults: Defaults
    known: dict[Key, Finished] = field(default_factory=dict)
    numbers: dict[Key, int] = field(default_factory=dict)

    def number(self, block: Block) -> int:
        """A number for each block that differs from all others: cheap to hash, however deep the block's slots are."""
        values = tuple([self._interned(value) for value in block.__dict__.values()])
        return self.numbers.setdefault((type(block), values, frozenset(block.model_fields_set)), len(self.numbers))

    def _interned(self, value: Any) -> Any:
        if isinstance(value, Block):
            return (Block, self.number(value))
        if isinstance(value, tuple):
            return tuple([self._interned(item) for item in value])
        return _hashable(value)


class Shaping:
    """The Scope that shapes each node as it is placed."""

    def __init__(self, inputs: Mapping[str, Shape], inference: Inference) -> None:
        self.inputs = inputs
        self.nodes: dict[str, Node] = {}
        self.size = 0  # nodes of this level and below
        self._inference = inference

    def __call__(self, name: str, block: Block, *values: Value[Any]) -> Any:
        return self.place(Node(name, block, tuple(value.ref for value in values)), values)

    def input(self, name: str) -> Value[Any]:
        """The value that comes in under this name."""
        return Value(Ref(name), self.inputs[name])

    def place(self, node: Node, values: Sequence[Value[Any]]) -> Any:
        """Shape a node and add it; a _MisfitError that says where, if its rules refuse the values."""
        if node.name in self.nodes or node.name in self.inputs:
            raise RuleError(f"two nodes are named {node.name}", code="duplicate-node")
        block = with_defaults(node.block, self._inference.defaults)
        try:
            _check_ports(block, values)
            outputs, cost, body, size = self._finish(block, tuple(value.shape for value in values))
            self.size += size
            if self.size > MOST_NODES:
                raise RuleError(f"the graph has more than {MOST_NODES:,} nodes", code="too-large")
            if node.share:
                _check_share(node, self.nodes[node.share], block, cost, outputs)
        except RuleError as error:
            problem = Problem(error.code, str(error), path=node.name, help=error.help)
            raise _MisfitError([_Trouble(problem, node.block, error.field)]) from None
        except _MisfitError as misfit:
            raise _MisfitError([trouble.inside(node.name, node.block) for trouble in misfit.troubles]) from None
        if node.share:
            cost = Cost(macs=cost.macs)
        self.nodes[node.name] = replace(node, block=block, outputs=outputs, cost=cost, body=body)
        made = tuple(Value(Ref(node.name, port), shape) for port, shape in enumerate(outputs))
        return made if block.output_names() else made[0]

    def _finish(self, block: Block, shapes: tuple[Shape, ...]) -> Finished:
        key = (self._inference.number(block), shapes)
        if key not in self._inference.known:
            self._inference.known[key] = self._work_out(block, shapes)
        return self._inference.known[key]

    def _work_out(self, block: Block, shapes: tuple[Shape, ...]) -> Finished:
        if isinstance(block, Op):
            outputs = _tuple(block.infer(*shapes))
            for shape in outputs:
                _check_size(shape)
            return outputs, block.cost(*shapes), None, 1
        assert isinstance(block, Composite)
        names = port_names(block, len(shapes))
        inner = Shaping(dict(zip(names, shapes, strict=True)), self._inference)
        try:
            given = _tuple(block.expand(inner, *(inner.input(name) for name in names)))
        except ValidationError as error:  # of a block within, whose size follows from what this one was given
            fault = error.errors(include_url=False)[0]
            said = f"{block.word} on {', '.join(map(str, shapes))} asks its {error.title} for "
            said += f"{'.'.join(map(str, fault['loc']))}={fault['input']}"
            raise RuleError(f"{said}: {fault['msg'].lower()}", code="too-large") from None
        titles = block.output_names() or ("out",)
        body = Graph(inner.inputs, inner.nodes, {title: value.ref for title, value in zip(titles, given, strict=True)})
        return tuple(value.shape for value in given), body.cost, body, 1 + inner.size


def _check_share(node: Node, owner: Node, block: Block, cost: Cost, outputs: tuple[Shape, ...]) -> None:
    """Weights fit twice only where both uses would have made the same ones."""
    if cost.params != owner.cost.params or [s.sizes[-1:] for s in outputs] != [s.sizes[-1:] for s in owner.outputs]:
        raise RuleError(
            f"{node.name} shares the weights of {owner.name}, which gives {owner.shape} with {owner.cost.params:,} "
            f"parameters; here {block.word} gives {outputs[0]} and would have {cost.params:,}",
            code="share",
        )


def place(level: Shaping, graph: Graph, inputs: Mapping[str, Value[Any]]) -> dict[str, tuple[Value[Any], ...]]:
    """Place a wired graph's nodes one by one; go on after a failed node, but not with what it would have fed."""
    values: dict[str, tuple[Value[Any], ...]] = {name: (value,) for name, value in inputs.items()}
    troubles: list[_Trouble] = []
    for name, node in graph.nodes.items():
        if all(ref.node in values for ref in node.inputs):
            try:
                values[name] = _tuple(level.place(node, [values[ref.node][ref.port] for ref in node.inputs]))
            except _MisfitError as misfit:
                troubles += (_blame(trouble, node, level) for trouble in misfit.troubles)
        if len(troubles) >= MOST_PROBLEMS:
            break
    if troubles:
        raise _MisfitError(troubles)
    return values


def with_defaults(block: Block, defaults: Defaults) -> Block:
    """The block with the spec's defaults in the fields that nobody set."""
    missing = {
        name: value for name, value in defaults.get(block.word, {}).items() if name not in block.model_fields_set
    }
    return block.model_copy(update=missing) if missing else block


def identity(block: Block) -> Key:
    """What tells a block from another: its type, its values, and which of them somebody set."""
    values = block.__dict__
    inner = tuple(identity(value) if isinstance(value, Block) else _hashable(value) for value in values.values())
    return (type(block), inner, frozenset(block.model_fields_set))


def _hashable(value: Any) -> Any:
    """Tuples may hold blocks too (a repeat's); 1, 1.0 and True are equal in Python, but not here."""
    if isinstance(value, Mapping):
        return tuple((name, _hashable(item)) for name, item in sorted(value.items()))
    if isinstance(value, tuple):
        return tuple(identity(item) if isinstance(item, Block) else _hashable(item) for item in value)
    return (type(value), value)


def port_names(block: Block, count: int) -> list[str]:
    """The names of the values as the body sees them: a variadic port `xs` gives xs0, xs1 …"""
    ports = block.ports()
    if ports and ports[-1].variadic:
        fixed = [port.name for port in ports[:-1]]
        return fixed + [f"{ports[-1].name}{place}" for place in range(count - len(fixed))]
    return [port.name for port in ports]


def _tuple(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,)


def _check_size(shape: Shape) -> None:
    if any(size < 1 for size in shape.sizes):
        raise RuleError(f"nothing is left: the output would be {shape}")
    if shape.numel > 2**40:
        raise RuleError(f"the output would be {shape}, more than 2^40 numbers for one sample", code="too-large")


@dataclass(frozen=True, slots=True)
class _Trouble:
    """A problem on its way up, with the block at fault and its field, for the slot that may own them further out."""

    problem: Problem
    block: Block
    field: str | None

    def inside(self, name: str, outer: Block) -> _Trouble:
        """The same, seen from the composite `outer` that placed the block under `name`."""
        return _Trouble(
            replace(self.problem, path=f"{name}.{self.problem.path}"), outer, _owner(outer, self.block, self.field)
        )


def _owner(outer: Block, inner: Block, field: str | None) -> str | None:
    """The field of `outer` to point at: the slot that holds `inner`, or the field of the same name and value."""
    for name, value in outer.__dict__.items():
        if value is inner:
            return f"{name}.{field}" if field else name
        if isinstance(value, tuple) and any(item is inner for item in value):
            return field
    if field and "." not in field and getattr(outer, field, None) == getattr(inner, field, None):
        return field
    return None


class _MisfitError(Exception):
    """Troubles on their way up; each level adds its name."""

    def __init__(self, troubles: list[_Trouble]) -> None:
        super().__init__(troubles)
        self.troubles = troubles

    @property
    def problems(self) -> list[Problem]:
        return [trouble.problem for trouble in self.troubles]


def _blame(trouble: _Trouble, node: Node, level: Shaping) -> _Trouble:
    """Add what this level knows: the mark, where the values come from, and the way down to the fault."""
    problem, notes = trouble.problem, list(trouble.problem.notes)
    if problem.mark is None:
        notes += _sources(node, level)
        way = problem.path.split(".")
        notes += [f"in:   {' › '.join(way)}"] if len(way) > 1 else []
    elif node.mark:
        notes.append(f"in:   {node.name} (line {node.mark.line})")
    problem = replace(problem.at(_mark(node, trouble.field)), notes=tuple(notes))
    return replace(trouble, problem=problem)


def _mark(node: Node, field: str | None) -> Mark | None:
    """The mark of the field's value, of the slot around it, or of the node."""
    while field:
        if field in node.marks:
            return node.marks[field]
        field = field.rpartition(".")[0]
    return node.mark


def _sources(node: Node, level: Shaping) -> list[str]:
    """Where the values that reach a node come from, a line each."""
    notes = []
    for ref in node.inputs[:4]:
        source = level.nodes.get(ref.node)
        line = f" (line {source.mark.line})" if source and source.mark else ""
        shape = source.outputs[ref.port] if source else level.inputs[ref.node]
        notes.append(f"from: {ref.node}{line} gives {describe(shape)}")
    return notes


def _check_ports(block: Block, values: Sequence[Value[Any]]) -> None:
    """As many values as ports, each of a kind that its port takes."""
    ports = block.ports()
    variadic = bool(ports) and ports[-1].variadic
    if len(values) < len(ports) - variadic or (len(values) > len(ports) and not variadic):
        names = ", ".join(f"*{port.name}" if port.variadic else port.name for port in ports) or "none"
        raise RuleError(f"{block.word} has the ports {names}, and {len(values)} values reach it", code="ports")
    for place, value in enumerate(values):
        port = ports[min(place, len(ports) - 1)]
        if not isinstance(value.shape, port.shapes):
            raise RuleError(
                f"{block.word} takes {port.wants} at port {port.name}, got {describe(value.shape)}",
                code="port-type",
                help=_conversion(value.shape, port.shapes),
            )


def describe(shape: Shape) -> str:
    """The shape as a sentence says it, grid and prefix included."""
    if isinstance(shape, Tokens):
        grid = f", grid {shape.grid}" if shape.grid else ""
        return f"{shape}{grid}" + (f", in front {', '.join(shape.prefix)}" if shape.prefix else "")
    return str(shape)


def _conversion(shape: Shape, wanted: tuple[type[Shape], ...]) -> str | None:
    """The block that would turn one kind into another."""
    if isinstance(shape, Image) and Tokens in wanted:
        return "put {block: to_tokens} between them"
    if isinstance(shape, Tokens) and Image in wanted and shape.grid:
        first = "take the tokens in front off and " if shape.prefix else ""
        return f"{first}put {{block: to_image}} between them"
    if isinstance(shape, (Image, Tokens)) and wanted == (Vector,):
        return "put {block: mean_pool} or {block: select_token, token: cls} between them"
    return None
