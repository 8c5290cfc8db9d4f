"""Graph → what is drawn: repeats folded, composites open down to the depth that was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from archspec.diagrams.view.box import INPUT, OUTPUT, Box, Level, Wire
from archspec.diagrams.view.hide import without
from archspec.diagrams.view.opening import Opening, plain
from archspec.diagrams.view.vary import alike, fullest, label_of_all, varying
from archspec.graph import Block, Cost, Graph, Node, Repeat, show_span

T = TypeVar("T")
Peers = Mapping[Node, int]
"""The nodes at one place in all repetitions, and how many there are of each."""


def view(graph: Graph, opening: Opening) -> Level:
    """The picture's content: the whole, or what is in its root."""
    level = _whole(graph, opening)
    if opening.hide:
        level = without(level, opening.hide)
    return next((box.inner for _, box in level.walk() if box.inner and plain(box.path) == opening.root), level)


def _whole(graph: Graph, opening: Opening) -> Level:
    boxes = {name: Box(name, name, name, INPUT) for name in graph.inputs}
    wires: list[Wire] = []
    _nodes(graph, "", 0, opening, boxes, wires, {graph: 1})
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
    return _read(boxes, wires)


def _level(graph: Graph, path: str, level: int, opening: Opening, titles: tuple[str, ...], peers: Peers) -> Level:
    """The inside of a composite: its ports are boxes without a size, on the rim."""
    boxes = {name: Box(f"{path}<{name}", name, name, INPUT) for name in graph.inputs}
    wires: list[Wire] = []
    _nodes(graph, path, level, opening, boxes, wires, _sums((peer.body, n) for peer, n in peers.items() if peer.body))
    for place, (title, ref) in enumerate(graph.outputs.items()):
        name = titles[place] if titles else title
        boxes[f">{name}"] = Box(f"{path}>{name}", name, name, OUTPUT)
        wires.append(Wire(ref.node, ref.port, f">{name}", 0, graph.shape(ref)))
    return _read(boxes, wires)


def _read(boxes: dict[str, Box], wires: list[Wire]) -> Level:
    """The level, in which no box names an output that nobody reads."""
    reads = {(wire.source, wire.out) for wire in wires}
    for name, box in boxes.items():
        if box.outs:
            outs = tuple(out if (name, place) in reads else "" for place, out in enumerate(box.outs))
            boxes[name] = replace(box, outs=outs)
    return Level(boxes, tuple(wires))


def _sums(counts: Iterable[tuple[T, int]]) -> dict[T, int]:
    """The counts of each thing, added up."""
    sums: dict[T, int] = {}
    for item, number in counts:
        sums[item] = sums.get(item, 0) + number
    return sums


def _nodes(
    graph: Graph, path: str, level: int, opening: Opening, boxes: dict[str, Box], wires: list[Wire],
    bodies: Mapping[Graph, int],
) -> None:  # fmt: skip
    """`bodies` are those of all repetitions that this one stands for, and how many there are of each."""
    for name, node in graph.nodes.items():
        here = f"{path}.{name}" if path else name
        peers = _sums((body.nodes[name], n) for body, n in bodies.items() if name in body.nodes)
        lacking = any(name not in body.nodes for body in bodies)
        inputs = [graph.shape(ref) for ref in node.inputs]
        labels = [peer.block.label_on(*inputs) for peer in peers]
        boxes[name] = _box(node, here, level, opening, peers, labels, lacking)
        for place, ref in enumerate(node.inputs):
            wires.append(Wire(ref.node, ref.port, name, place, graph.shape(ref)))


def _box(node: Node, path: str, level: int, opening: Opening, peers: Peers, labels: list[str], lacking: bool) -> Box:
    """`peers` are the nodes at this place in all repetitions, with their labels; `lacking`: some of those have none."""
    block, body, times, copies = node.block, node.body, 1, sum(peers.values())
    total = Cost(
        params=sum(peer.cost.params * n for peer, n in peers.items()),
        macs=sum(peer.cost.macs * n for peer, n in peers.items()),
    )
    varies: tuple[str, ...] = ()
    runs: list[list[Node]] = []
    if isinstance(block, Repeat) and body:
        runs = alike(body.nodes.values())
        if len(runs) == 1:
            times = len(runs[0])
            model = fullest(runs[0])
            peers = _sums((item, n) for peer, n in peers.items() if peer.body for item in peer.body.nodes.values())
            varies = varying([item.block for item in peers])
            block, body = model.block, model.body
            labels = [block.label()]
            inside = f"{path}.{model.name}"
    inner = None
    if body and opening.opens(path, level):
        if len(runs) > 1:
            inner = _runs(body, runs, path, level + 1, opening, copies)
        else:
            place = inside if runs else path
            inner = _level(body, place, level + 1, opening, block.output_names(), peers)
    ins = _ports(block)
    return Box(
        path, node.name, label_of_all(labels, lacking and block.role == "drop"), block.role, node, times, varies, inner,
        ins, block.output_names() if len(block.output_names()) > 1 else (), cost=node.cost, copies=copies,
        total=total, holds=_holds(body) if body and len(runs) < 2 else (),
    )  # fmt: skip


def _holds(body: Graph) -> tuple[str, ...]:
    """The repeats in a body, each as `encoder layer ×12`."""
    return tuple(node.block.label() for node in body.nodes.values() if isinstance(node.block, Repeat))


def _ports(block: Block) -> tuple[str, ...]:
    """The names of the inputs, where they say something: several, and not any number of the same kind."""
    ports = block.ports()
    return tuple(port.name for port in ports) if len(ports) > 1 and not ports[-1].variadic else ()


def _runs(body: Graph, runs: list[list[Node]], path: str, level: int, opening: Opening, copies: int) -> Level:
    """A repeat whose blocks differ in kind: a chain of folded runs."""
    home = {node.name: run[0].name for run in runs for node in run}
    boxes = {name: Box(f"{path}<{name}", name, name, INPUT) for name in body.inputs}
    wires = []
    for run in runs:
        first, model = run[0], fullest(run)
        here = f"{path}.{model.name}"
        inner = None
        if model.body:  # open as the repeat is
            inner = _level(model.body, here, level, opening, model.block.output_names(), dict.fromkeys(run, copies))
        cost = sum((node.cost for node in run), Cost())
        name = show_span([node.name for node in run])
        block = model.block
        ins = _ports(block)
        boxes[first.name] = Box(
            here, name, block.label(), block.role, model, len(run), varying([node.block for node in run]), inner,
            ins, block.output_names() if len(block.output_names()) > 1 else (), cost=cost, copies=copies,
            total=Cost(params=cost.params * copies, macs=cost.macs * copies),
        )  # fmt: skip
        for place, ref in enumerate(first.inputs):
            wires.append(Wire(home.get(ref.node, ref.node), ref.port, first.name, place, body.shape(ref)))
    for title, ref in body.outputs.items():
        boxes[f">{title}"] = Box(f"{path}>{title}", title, title, OUTPUT)
        wires.append(Wire(home.get(ref.node, ref.node), ref.port, f">{title}", 0, body.shape(ref)))
    return _read(boxes, wires)
