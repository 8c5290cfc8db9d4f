"""Graph → what is drawn: repeats folded, composites open down to the depth that was asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from archspec.diagrams.view.box import INPUT, OUTPUT, Box, Level, Wire
from archspec.diagrams.view.opening import Opening
from archspec.diagrams.view.vary import alike, fullest, label_of_all, varying
from archspec.graph import Block, Cost, Graph, Node, Repeat, show_span


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
    return _read(boxes, wires)


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
    return _read(boxes, wires)


def _read(boxes: dict[str, Box], wires: list[Wire]) -> Level:
    """The level, in which no box names an output that nobody reads."""
    reads = {(wire.source, wire.out) for wire in wires}
    for name, box in boxes.items():
        if box.outs:
            outs = tuple(out if (name, place) in reads else "" for place, out in enumerate(box.outs))
            boxes[name] = replace(box, outs=outs)
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
        path, node.name, label_of_all(labels, lacking and block.role == "drop"), block.role, node, times, varies, inner,
        ins, block.output_names() if len(block.output_names()) > 1 else (), cost=node.cost,
    )  # fmt: skip


def _ports(block: Block) -> tuple[str, ...]:
    """The names of the inputs, where they say something: several, and not any number of the same kind."""
    ports = block.ports()
    return tuple(port.name for port in ports) if len(ports) > 1 and not ports[-1].variadic else ()


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
        name = show_span([node.name for node in run])
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
    return _read(boxes, wires)
