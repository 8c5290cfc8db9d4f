"""View → arrangement: every box measured, every level laid out, all put in its place."""

from __future__ import annotations

from archspec.diagrams.figure.heat import warm
from archspec.diagrams.figure.measure import Label, Measure
from archspec.diagrams.figure.part import Part, Parts
from archspec.diagrams.figure.placed import Arrangement, PlacedBox, PlacedWire
from archspec.diagrams.figure.primitive import Text
from archspec.diagrams.figure.surround import surround
from archspec.diagrams.figure.write import write_box, write_frame, write_label
from archspec.diagrams.layout import Point
from archspec.diagrams.options import Options
from archspec.diagrams.view import INPUT, OUTPUT, Box, Level, Wire


def arrange(level: Level, options: Options) -> Arrangement:
    """The whole picture, with title, legend and caption around it."""
    part = Parts(options).part(level, top=True)
    placer = _Placer(Measure(options))
    placer.flatten(part)
    placed, measure = placer.placed, placer.measure
    across, along = part.plan.across, part.plan.along
    placed.width, placed.height = (along, across) if measure.flat else (across, along)
    upwards = options.direction == "BT"
    if upwards:
        _flip(placed, along)
    for u, v, label in placer.labels:
        write_label(placed, measure, u, along - v if upwards else v, label)
    for box in placed.boxes:
        (write_frame if box.kind == "frame" else write_box)(box, measure)
    if options.heat:
        warm(placed, options.heat)
    first = next((box for box in placed.boxes if box.box.role == INPUT), None)
    placed.axis = first.x + first.w / 2 if first and not measure.flat else placed.width / 2
    surround(placed)
    return placed


class _Placer:
    """Turns places along (v) and across (u) the flow, level by level, into places on the page."""

    def __init__(self, measure: Measure) -> None:
        self.measure, self.flat = measure, measure.flat
        self.placed = Arrangement(measure.options)
        self.labels: list[tuple[float, float, Label]] = []  # of wires, with where they start

    def flatten(self, part: Part, u0: float = 0.0, v0: float = 0.0, depth: int = 0) -> None:
        """Place a level's boxes, wires and labels; its own corner is at (u0, v0)."""
        before, _, start, end = part.pads
        u1, v1 = u0 + before, v0 + start
        for name, vertex in part.plan.vertices.items():
            box = part.level.boxes[name]
            if name in part.parts:
                inner = part.parts[name]
                pads, size = inner.pads, inner.plan
                across, along = pads[0] + size.across + pads[1], pads[2] + size.along + pads[3]
                u, v = u1 + vertex.u - vertex.before, v1 + vertex.v
                frame = self.box(box, "frame", u, v, across, along, depth)
                frame.texts = [Text(0, 0, *line, anchor) for line, anchor in inner.heading()]
                self.flatten(inner, u, v, depth + 1)
            elif name in part.leaves or box.role == "add":
                kind = "pill" if box.role in (INPUT, OUTPUT) else "box" if name in part.leaves else "sum"
                half = vertex.before
                placed = self.box(box, kind, u1 + vertex.u - half, v1 + vertex.v, 2 * half, vertex.along, depth)
                leaf = part.leaves.get(name)
                if leaf:
                    placed.step = leaf.step
                    placed.texts = [Text(0, 0, *line) for line in leaf.lines]
        for wire, route in zip(part.level.wires, part.plan.routes, strict=True):
            self.wire(part.level, wire, [(u1 + u, v1 + v) for u, v in route], start, end, depth)
        for (name, out), label in part.labels.items():
            vertex = part.plan.vertices[name]
            self.labels.append((u1 + vertex.u + vertex.outs[out], v1 + vertex.v + vertex.along, label))

    def wire(self, level: Level, wire: Wire, points: list[Point], start: float, end: float, depth: int) -> None:
        """Place a wire; from and to the rim of a frame it goes on by the frame's `start` and `end`."""
        source, target = level.boxes[wire.source], level.boxes[wire.target]
        if depth and source.role == INPUT:
            points[0] = (points[0][0], points[0][1] - start)
        if depth and target.role == OUTPUT:
            points[-1] = (points[-1][0], points[-1][1] + end)
        head = not (target.inner or (depth and target.role == OUTPUT))
        points = [self.screen(u, v) for u, v in points]
        self.placed.wires.append(PlacedWire(wire, points, head, source.path, target.path))

    def box(self, box: Box, kind: str, u: float, v: float, across: float, along: float, depth: int) -> PlacedBox:
        """Place a box."""
        x, y = self.screen(u, v)
        w, h = (along, across) if self.flat else (across, along)
        self.placed.boxes.append(PlacedBox(box, kind, x, y, w, h, depth))
        return self.placed.boxes[-1]

    def screen(self, u: float, v: float) -> Point:
        """From across and along to right and down."""
        return (v, u) if self.flat else (u, v)


def _flip(placed: Arrangement, along: float) -> None:
    """From bottom to top."""
    for box in placed.boxes:
        box.y = along - box.y - box.h
    for wire in placed.wires:
        wire.points = [(x, along - y) for x, y in wire.points]
