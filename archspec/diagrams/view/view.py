"""Graph → what is drawn: boxes and wires, level by level, repeats folded, down to the depth that was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from archspec.diagrams.error import RenderError
from archspec.errors import nearest
from archspec.graph.block import Block
from archspec.graph.node import Graph, Node
from archspec.graph.repeat import Repeat
from archspec.graph.shape import Cost, Shape

INPUT, OUTPUT = "input", "output"
ALL = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """One node as it is drawn: closed, or with `inner` open. A folded repeat is one box, with `times`."""

    path: str  # dotted, as in the state dict
    name: str
    label: str
    role: str
    node: Node | None = None  # None for an input or an output of its level
    times: int = 1
    varies: tuple[str, ...] = ()  # what differs between the repetitions
    inner: Level | None = None
    ins: tuple[str, ...] = ()  # names of the ports, where there are several
    outs: tuple[str, ...] = ()
    mode: str = ""  # train or eval, for an output that only one of them has
    cost: Cost = Cost()  # noqa: RUF009 – frozen
    status: str = ""  # added, removed or changed, where two graphs are compared


@dataclass(frozen=True, slots=True)
class Wire:
    """A value on its way: from an output of a box to an input of another."""

    source: str
    out: int
    target: str
    into: int
    shape: Shape
    mode: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Boxes by name, in an order in which each comes after what it reads; inputs first, outputs last."""

    boxes: Mapping[str, Box]
    wires: tuple[Wire, ...]

    def walk(self) -> Iterator[tuple[Level, Box]]:
        """Every box at every open level, with its level."""
        for box in self.boxes.values():
            yield self, box
            if box.inner:
                yield from box.inner.walk()


@dataclass(frozen=True, slots=True)
class Flow:
    """A value from closed box to closed box, by path, through the frames around them."""

    source: str
    out: int
    target: str
    into: int
    shape: Shape
    mode: str


def flows(level: Level) -> list[Flow]:
    """Every wire that enters a closed box, or an output of the whole, with the closed box that its value comes from."""
    return list(_flows(level, None))


def _flows(level: Level, inlets: Mapping[str, tuple[str, int]] | None) -> Iterator[Flow]:
    given = inlets or {}
    for wire in level.wires:
        target = level.boxes[wire.target]
        if not target.inner and (target.role != OUTPUT or inlets is None):
            source, out = _origin(level, given, wire.source, wire.out)
            yield Flow(source, out, target.path, wire.into, wire.shape, wire.mode)
    for name, box in level.boxes.items():
        if box.inner:
            yield from _flows(box.inner, dict(_origins(level, given, name, box.inner)))


def _origin(level: Level, given: Mapping[str, tuple[str, int]], name: str, out: int) -> tuple[str, int]:
    """The closed box that a value comes from: inside an open one, or outside, where this level has it from."""
    if name in given:
        return given[name]
    box = level.boxes[name]
    if not box.inner:
        return box.path, out
    outlet = [inside for inside, port in box.inner.boxes.items() if port.role == OUTPUT][out]
    wire = next(wire for wire in box.inner.wires if wire.target == outlet)
    return _origin(box.inner, dict(_origins(level, given, name, box.inner, wire.source)), wire.source, wire.out)


def _origins(
    level: Level, given: Mapping[str, tuple[str, int]], name: str, inner: Level, only: str | None = None
) -> Iterator[tuple[str, tuple[str, int]]]:
    """The inlets of an open box, each with the closed box that feeds it."""
    inlets = [inside for inside, port in inner.boxes.items() if port.role == INPUT]
    for wire in level.wires:
        if wire.target == name and only in (None, inlets[wire.into]):
            yield inlets[wire.into], _origin(level, given, wire.source, wire.out)


@dataclass(frozen=True, slots=True)
class Opening:
    """Which composites are open: those above `depth`, those on the way to `expand`, none of `collapse`."""

    depth: int = 1
    expand: frozenset[str] = frozenset()
    collapse: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls, graph: Graph, depth: int | str | None = 1, expand: Iterable[str] = (), collapse: Iterable[str] = ()
    ) -> Opening:
        """What a user says, checked: a number of levels, or `all`; paths of composites that are there."""
        made = cls(levels(depth), frozenset(map(plain, expand)), frozenset(map(plain, collapse)))
        if named := made.expand | made.collapse:
            bodies = {plain(path): node.body is not None for path, node in graph.walk()}
            for path in sorted(named):
                if not bodies.get(path):
                    message = f"{path} is one op, with nothing inside to draw"
                    if path not in bodies:
                        message = f"there is no node {path} to open or to close"
                    there = [other for other, body in bodies.items() if body]
                    raise RenderError(message, help=nearest(path, there))
        return made

    def opens(self, path: str, level: int) -> bool:
        """Whether the composite at this path is drawn open."""
        place = plain(path)
        if place in self.collapse:
            return False
        return level < self.depth or any(f"{other}.".startswith(f"{place}.") for other in self.expand)


def levels(depth: int | str | None) -> int:
    """A number of levels from what a user says."""
    if depth is None or depth == "all":
        return ALL
    if isinstance(depth, str) and depth.isdecimal():
        depth = int(depth)
    if not isinstance(depth, int) or depth < 0:
        raise RenderError(f"depth takes a number or all, got {depth}")
    return depth


def plain(path: str) -> str:
    """A path without the numbers of repeats, as it is said in `expand`."""
    return ".".join(part for part in path.split(".") if not part.isdigit() and part != "*")


def view(graph: Graph, opening: Opening) -> Level:
    """The picture's content."""
    boxes = {name: Box(name, name, name, INPUT) for name in graph.inputs}
    wires: list[Wire] = []
    _nodes(graph, "", 0, opening, boxes, wires)
    train = graph.train_outputs if graph.train_outputs is not None else graph.outputs
    for mode, outputs in (("eval", graph.outputs), ("train", train)):
        other = train if mode == "eval" else graph.outputs
        for title, ref in outputs.items():
            same = other.get(title) == ref
            if same and mode == "train":
                continue
            only = "" if same else mode
            name = f"{title} ({only})" if only else title
            boxes[f">{name}"] = Box(f"outputs.{name}", title, title, OUTPUT, mode=only)
            wires.append(Wire(ref.node, ref.port, f">{name}", 0, graph.shape(ref), only))
    return Level(boxes, tuple(wires))


def _level(graph: Graph, path: str, level: int, opening: Opening, titles: tuple[str, ...], peers: list[Node]) -> Level:
    """The inside of a composite: its ports are boxes without a size, on the rim."""
    boxes = {name: Box(f"{path}<{name}", name, name, INPUT) for name in graph.inputs}
    wires: list[Wire] = []
    bodies = list({id(peer.body): peer.body for peer in peers if peer.body}.values())
    _nodes(graph, path, level, opening, boxes, wires, bodies)
    for place, (title, ref) in enumerate(graph.outputs.items()):
        name = titles[place] if titles else title
        boxes[f">{name}"] = Box(f"{path}>{name}", name, name, OUTPUT)
        wires.append(Wire(ref.node, ref.port, f">{name}", 0, graph.shape(ref)))
    return Level(boxes, tuple(wires))


def _nodes(
    graph: Graph, path: str, level: int, opening: Opening, boxes: dict[str, Box], wires: list[Wire],
    bodies: Sequence[Graph] = (),
) -> None:  # fmt: skip
    """`bodies` are those of all repetitions, where this one stands for several."""
    for name, node in graph.nodes.items():
        here = f"{path}.{name}" if path else name
        peers = [body.nodes[name] for body in bodies if name in body.nodes] if len(bodies) > 1 else [node]
        boxes[name] = _box(node, here, level, opening, peers, 1 < len(bodies) > len(peers))
        for place, ref in enumerate(node.inputs):
            wires.append(Wire(ref.node, ref.port, name, place, graph.shape(ref)))


def _box(node: Node, path: str, level: int, opening: Opening, peers: list[Node], lacking: bool = False) -> Box:
    """`peers` are the nodes at this place in all repetitions; `lacking`: some of those have none."""
    block, body, times = node.block, node.body, 1
    varies: tuple[str, ...] = ()
    labels = [peer.block.label() for peer in peers]
    runs: list[list[Node]] = []
    if isinstance(block, Repeat) and body:
        runs = alike(body.nodes.values())
        if len(runs) == 1:
            times = len(runs[0])
            model = fullest(runs[0])
            peers = [item for peer in peers if peer.body for item in peer.body.nodes.values()]
            varies = varying([item.block for item in peers])
            block, body = model.block, model.body
            labels = [block.label()]
            inside = f"{path}.{model.name}"
    inner = None
    if body and opening.opens(path, level):
        if len(runs) > 1:
            inner = _runs(body, runs, path, level + 1, opening)
        else:
            inner = _level(body, inside if runs else path, level + 1, opening, block.output_names(), peers)
    ins = _ports(block)
    return Box(
        path, node.name, _spread(labels, lacking and block.role == "drop"), block.role, node, times, varies, inner,
        ins, block.output_names() if len(block.output_names()) > 1 else (), cost=node.cost,
    )  # fmt: skip


def _ports(block: Block) -> tuple[str, ...]:
    """The names of the inputs, where they say something: several, and not any number of the same kind."""
    ports = block.ports()
    return tuple(port.name for port in ports) if len(ports) > 1 and not ports[-1].variadic else ()


def _spread(labels: list[str], from_none: bool) -> str:
    """One label for all repetitions: `drop path 0.05 → 0.1`; it starts at 0 where the first ones are left out."""
    first, last = labels[0].split(), labels[-1].split()
    if from_none:
        first = ["0" if _number(word) else word for word in first]
    if first == last or len(first) != len(last):
        return labels[-1]
    return " ".join(a if a == b else f"{a} → {b}" for a, b in zip(first, last, strict=True))


def _number(word: str) -> bool:
    return word.replace(".", "", 1).replace("e-", "", 1).isdigit()


def _runs(body: Graph, runs: list[list[Node]], path: str, level: int, opening: Opening) -> Level:
    """A repeat whose blocks differ in kind: a chain of folded runs."""
    home = {node.name: run[0].name for run in runs for node in run}
    boxes = {name: Box(f"{path}<{name}", name, name, INPUT) for name in body.inputs}
    wires = []
    for run in runs:
        first, model = run[0], fullest(run)
        here = f"{path}.{model.name}"
        inner = None
        if model.body:  # open as the repeat is
            inner = _level(model.body, here, level, opening, model.block.output_names(), run)
        cost = sum((node.cost for node in run), Cost())
        name = first.name if len(run) == 1 else f"{first.name}…{run[-1].name}"
        block = model.block
        ins = _ports(block)
        boxes[first.name] = Box(
            here, name, block.label(), block.role, model, len(run), varying([node.block for node in run]), inner,
            ins, block.output_names() if len(block.output_names()) > 1 else (), cost=cost,
        )  # fmt: skip
        for place, ref in enumerate(first.inputs):
            wires.append(Wire(home.get(ref.node, ref.node), ref.port, first.name, place, body.shape(ref)))
    for title, ref in body.outputs.items():
        boxes[f">{title}"] = Box(f"{path}>{title}", title, title, OUTPUT)
        wires.append(Wire(home.get(ref.node, ref.node), ref.port, f">{title}", 0, body.shape(ref)))
    return Level(boxes, tuple(wires))


def alike(nodes: Iterable[Node]) -> list[list[Node]]:
    """Neighbours of one kind: the same block, with the same kinds in its slots."""
    return [list(group) for _, group in groupby(nodes, key=lambda node: _kind(node.block))]


def _kind(block: Block) -> tuple[Any, ...]:
    return type(block), tuple(_kind(value) for value in block.__dict__.values() if isinstance(value, Block))


def fullest(run: list[Node]) -> Node:
    """The node of a run that shows most: the first one may lack what is switched off where a rate is 0."""
    sizes = {id(node.body): _size(node.body) for node in run}
    return max(run, key=lambda node: sizes[id(node.body)])


def _size(graph: Graph | None) -> int:
    return sum(1 + _size(node.body) for node in graph.nodes.values()) if graph else 0


def varying(blocks: list[Block]) -> tuple[str, ...]:
    """The fields that differ between blocks of one kind, each as `drop path 0 → 0.1`."""
    return tuple(
        f"{path.replace('_', ' ')} {_range(values)}"
        for path, values in _fields(blocks)
        if any(value != values[0] for value in values)
    )


def _fields(blocks: list[Block]) -> Iterator[tuple[str, list[Any]]]:
    for name in type(blocks[0]).model_fields:
        values = [getattr(block, name) for block in blocks]
        if all(isinstance(value, Block) for value in values):
            for path, inner in _fields(values):
                yield f"{name}.{path}", inner
        else:
            yield name, values


def _range(values: list[Any]) -> str:
    """`0 → 0.1` for numbers, or lists of them, that rise or fall; else the first few values."""
    flat = [item for value in values for item in (value if isinstance(value, tuple) else (value,))]
    if all(isinstance(item, int | float) and not isinstance(item, bool) for item in flat):
        steps = [b - a for a, b in pairwise(flat)]
        if all(step >= 0 for step in steps) or all(step <= 0 for step in steps):
            return f"{flat[0]:.3g} → {flat[-1]:.3g}"
        return f"{min(flat):.3g} … {max(flat):.3g}"
    told = list(dict.fromkeys(map(str, values)))
    return ", ".join(told) if len(", ".join(told)) <= 40 else "varies"
