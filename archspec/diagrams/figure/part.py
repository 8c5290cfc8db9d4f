"""Levels, measured and laid out, the inner ones first."""

from __future__ import annotations

import math
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from archspec.diagrams.figure.measure import Label, Labels, Leaf, Line, Measure, even_size, ports_around
from archspec.diagrams.layout import Edge, Effort, Gaps, Plan, Vertex, layout
from archspec.diagrams.options import Options
from archspec.diagrams.view import INPUT, OUTPUT, Box, Level, shape_text
from archspec.graph import Shape, Tokens

PAD = 14.0
SUM = 20.0
RIM = 4.0
RIMS = {INPUT: -1, OUTPUT: 1}


@dataclass(slots=True, eq=False)
class Part:
    """A level, laid out, with the parts of its open boxes; `pads` are before, after, start, end – around the plan."""

    level: Level
    leaves: Mapping[str, Leaf]
    parts: Mapping[str, Part]
    labels: Labels
    plan: Plan = field(default_factory=lambda: Plan({}, []))
    pads: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    head: tuple[list[Line], list[Line]] = field(default_factory=lambda: ([], []))
    spread: dict[int, list[float]] = field(default_factory=dict)  # distances between its inlets (-1) and outlets (1)

    def heading(self) -> Iterator[tuple[Line, str]]:
        """The lines of its frame's header, each with the side that it stands at."""
        for lines, anchor in zip(self.head, ("start", "end"), strict=True):
            for line in lines:
                yield line, anchor


class Parts:
    """Lays levels out, in one theme and direction."""

    def __init__(self, options: Options, measure: Measure | None = None) -> None:
        self.options = options
        self.theme = options.theme
        self.flat = options.direction == "LR"
        self.measure = measure or Measure(options)
        self.gaps = Gaps(across=16.0, along=24.0, track=10.0) if self.flat else Gaps()
        self.effort = Effort()

    def part(self, level: Level, top: bool = False, outside: frozenset[int] = frozenset()) -> Part:
        """Lay out a level; `outside` are those of its outputs whose shape is written outside."""
        labels = self.labels(level, top, outside)
        parts: dict[str, Part] = {}
        leaves: dict[str, Leaf] = {}
        for name, box in level.boxes.items():
            if box.inner:
                beyond = frozenset(out for source, out in labels if source == name)
                parts[name] = self.frame(box, self.part(box.inner, outside=beyond))
            elif box.role in (INPUT, OUTPUT):
                if top:
                    leaves[name] = self.measure.pill(box)
            elif box.role != "add":
                leaves[name] = self.measure.leaf(box)
        self.even(level, leaves)
        self.align(list(parts.values()))
        part = Part(level, leaves, parts, labels)
        step = self.measure.spacing(level, labels)
        for leaf in leaves.values():
            leaf.step = step
        self.place(part)
        if wider := [name for name in level.boxes if self.spread(part, name)]:
            for name in wider:
                if name in parts:
                    self.place(parts[name])
                    self.frame(level.boxes[name], parts[name])
            self.align(list(parts.values()))
            self.place(part)
        return part

    def place(self, part: Part) -> None:
        """Lay out a level whose boxes are measured and whose frames are laid out."""
        level, ports = part.level, _ports(part.level)
        vertices = [self.vertex(part, name, *ports[name]) for name in level.boxes]
        for side, gaps in part.spread.items():
            rims = [vertex for vertex in vertices if vertex.rim == side]
            for (left, right), gap in zip(pairwise(rims), gaps, strict=True):
                left.after = right.before = max(RIM, (gap - self.gaps.across) / 2)
        edges = [Edge(wire.source, wire.out, wire.target, wire.into) for wire in level.wires]
        part.plan = layout(vertices, edges, self.gaps, self.effort)

    def spread(self, part: Part, name: str) -> bool:
        """Ask a box with several inputs and outputs to have them as far apart as what they are wired to.

        Gives whether they are to be farther apart than they are.
        """
        box, at, inner = part.level.boxes[name], part.plan.vertices, part.parts.get(name)
        if min(len(box.ins), len(box.outs)) < 2:
            return False
        wider = False
        for side in (-1, 1):
            rims = at[name].ins if side < 0 else at[name].outs
            ends: dict[int, float] = {}
            for wire, route in zip(part.level.wires, part.plan.routes, strict=True):
                if name == (wire.target if side < 0 else wire.source) and len(route) > 2:
                    source, target = at[wire.source], at[wire.target]
                    port = wire.into if side < 0 else wire.out
                    ends[port] = source.u + source.outs[wire.out] if side < 0 else target.u + target.ins[wire.into]
            gaps = [ends.get(place + 1, 0.0) - ends.get(place, 0.0) for place in range(len(rims) - 1)]
            less = any(gap > b - a + 1 for gap, (a, b) in zip(gaps, pairwise(rims), strict=True))
            if less and len(ends) == len(rims):
                wider = True
                if inner:
                    inner.spread[side] = gaps
                else:
                    part.leaves[name].step = max(part.leaves[name].step, even_size(max(gaps)))
        return wider

    def even(self, level: Level, leaves: dict[str, Leaf]) -> None:
        """Boxes of one level are as wide as the widest, unless that one is much wider."""
        if self.flat:
            return
        boxes = [leaf for name, leaf in leaves.items() if level.boxes[name].role not in (INPUT, OUTPUT)]
        widths = sorted(leaf.w for leaf in boxes)
        for leaf in boxes:
            leaf.w = max(leaf.w, 84.0, _last(widths, max(120.0, leaf.w * 1.7)))

    def align(self, parts: list[Part]) -> None:
        """Frames of one level reach as far to both sides of their axis, unless one is much wider."""
        if self.flat or len(parts) < 2:
            return
        for side in (0, 1):
            reach = [self.reach(part)[side] for part in parts]
            sizes = sorted(reach)
            for part, own in zip(parts, reach, strict=True):
                more = _last(sizes, max(own * 1.6, own + 40)) - own
                pads = list(part.pads)
                pads[side] += more
                part.pads = (pads[0], pads[1], pads[2], pads[3])

    def reach(self, part: Part) -> tuple[float, float]:
        """How far a frame goes to both sides of its axis."""
        axis = self.axis(part)
        return part.pads[0] + axis, part.plan.across - axis + part.pads[1]

    def axis(self, part: Part) -> float:
        """Where a frame's first inlet is, or else its first outlet."""
        rims = sorted((v for v in part.plan.vertices.values() if v.rim), key=lambda v: v.rim)
        return rims[0].u

    def labels(self, level: Level, top: bool, outside: frozenset[int]) -> dict[tuple[str, int], Label]:
        """The values whose shape is written on their wire: text and the tokens in front."""
        if self.options.shapes == "none":
            return {}
        reads: dict[str, set[Shape]] = defaultdict(set)
        readers: dict[tuple[str, int], list[str]] = defaultdict(list)
        for wire in level.wires:
            reads[wire.target].add(wire.shape)
            readers[wire.source, wire.out].append(wire.target)
        outlets = [name for name, box in level.boxes.items() if box.role == OUTPUT]
        beyond = {name for place, name in enumerate(outlets) if place in outside}
        labels: dict[tuple[str, int], Label] = {}
        for wire in level.wires:
            box = level.boxes[wire.source]
            if box.role == INPUT and not top:
                continue
            if (wire.source, wire.out) in labels:
                continue
            same = wire.shape in reads[wire.source] and self.options.shapes == "changes"
            elsewhere = not top and beyond.issuperset(readers[wire.source, wire.out])
            if not same and not elsewhere:
                tags = (*wire.shape.prefix, *wire.shape.suffix) if isinstance(wire.shape, Tokens) else ()
                was = f"{shape_text(wire.was)} → " if wire.was else ""
                kind = wire.mode if was else "muted"
                labels[wire.source, wire.out] = Label(was + shape_text(wire.shape), tags, kind)
        return labels

    def vertex(self, part: Part, name: str, ins: int, outs: int) -> Vertex:
        """What the layout needs to know of a box, which has so many inputs and outputs."""
        box = part.level.boxes[name]
        if name in part.parts:
            vertex = self.frame_vertex(name, part.parts[name])
        elif name in part.leaves:
            vertex = self.leaf_vertex(name, box, part, ins, outs)
        elif rim := RIMS.get(box.role, 0):
            vertex = Vertex(name, 0.0, RIM, RIM, rim=rim)
        else:
            vertex = Vertex(name, SUM, SUM / 2, SUM / 2, [0.0] * ins, [0.0] * outs, sideways=True)
        for out in range(outs):
            if (name, out) in part.labels:
                wide = self.measure.label_width(part.labels[name, out])
                if self.flat:
                    vertex.label = max(vertex.label, wide + 6)
                else:
                    vertex.label = max(vertex.label, 14.0)
                    vertex.tail = max(vertex.tail, vertex.outs[out] + wide + 10)
        return vertex

    def leaf_vertex(self, name: str, box: Box, part: Part, ins: int, outs: int) -> Vertex:
        """A closed box, made large enough for its ports and their names."""
        leaf, small = part.leaves[name], self.theme.small
        step = leaf.step
        ports = max(ins, outs)
        if self.flat:
            h = max(leaf.h, (ports - 1) * step + 20 + 2 * leaf.gutter)
            w = leaf.w + sum(self.measure.widest(names) for names in (box.ins, box.outs))
        else:
            w = max(leaf.w, (ports - 1) * step + 40 + 2 * leaf.gutter)
            h = leaf.h + small * 1.2 * (bool(box.ins) + (len(box.outs) > 1))
            for names, count in ((box.ins, ins), (box.outs, outs)):
                for port, at in zip(names, ports_around(count, step, names), strict=False):
                    w = max(w, 2 * abs(at) + self.measure.words(port, small, "muted") + 12 + 2 * leaf.gutter)
        w, h = even_size(w), even_size(h)
        across, along = (h, w) if self.flat else (w, h)
        return Vertex(
            name, along, across / 2, across / 2, ports_around(ins, step, box.ins), ports_around(outs, step, box.outs),
            rim=RIMS.get(box.role, 0),
        )  # fmt: skip

    def frame(self, box: Box, part: Part) -> Part:
        """Room around an open box for its header; the header does not touch the wires that pass it."""
        theme, plan = self.theme, part.plan
        left, right = self.measure.heading(box)
        wide_left = max(self.measure.words(*line) for line in left) + PAD
        wide_right = max((self.measure.words(*line) for line in right), default=0.0) + (PAD if right else 0.0)
        rows = max(len(left), len(right))
        tall = even_size(rows * theme.size * 1.3 + 7)
        if self.flat:
            extra = max(0.0, even_size(wide_left + wide_right + 20 - plan.along))
            part.pads = (tall + 4, PAD, extra / 2, extra / 2)
        else:
            rim = -1 if self.options.direction == "TB" else 1
            axes = [v.u for v in plan.vertices.values() if v.rim == rim] or [plan.across / 2]
            before = max(PAD, even_size(wide_left + 10 - min(axes)))
            after = max(PAD, even_size(wide_right + 10 - (plan.across - max(axes))))
            ends = (tall, 0.0) if rim < 0 else (0.0, tall)
            part.pads = (before, after, *ends)
        part.head = (left, right)
        return part

    def frame_vertex(self, name: str, part: Part) -> Vertex:
        plan, (before, after, start, end) = part.plan, part.pads
        inlets = [v for v in plan.vertices.values() if v.rim < 0]
        outlets = [v for v in plan.vertices.values() if v.rim > 0]
        axis = self.axis(part)
        return Vertex(
            name, start + plan.along + end, before + axis, plan.across - axis + after,
            [v.u - axis for v in inlets] or [0.0], [v.u - axis for v in outlets] or [0.0],
        )  # fmt: skip


def _last(sizes: list[float], most: float) -> float:
    """The largest of rising sizes that is not above `most`; -inf where all are."""
    at = bisect(sizes, most)
    return sizes[at - 1] if at else -math.inf


def _ports(level: Level) -> dict[str, tuple[int, int]]:
    """How many inputs and outputs each box of a level has."""
    ins = {name: max(1, len(box.ins)) for name, box in level.boxes.items()}
    outs = {name: max(1, len(box.outs)) for name, box in level.boxes.items()}
    for wire in level.wires:
        ins[wire.target] = max(ins[wire.target], 1 + wire.into)
        outs[wire.source] = max(outs[wire.source], 1 + wire.out)
    return {name: (ins[name], outs[name]) for name in level.boxes}
