"""View → figure: every box measured, every level laid out, all put in its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from archspec.diagrams.figure.figure import Drawn, Figure, Options, Shown, Text, cost_text, shape_text
from archspec.diagrams.figure.legend import surround, warm
from archspec.diagrams.layout.layout import layout
from archspec.diagrams.layout.stroke import Point
from archspec.diagrams.layout.vertex import Edge, Gaps, Plan, Vertex
from archspec.diagrams.look.text import width, wrap
from archspec.diagrams.view.view import INPUT, OUTPUT, Box, Level
from archspec.graph.shape import Shape, Tokens

PAD = 14.0
MOST_LINE = 190.0
SUM = 20.0


Line = tuple[str, float, str]
"""Words, size and kind."""


@dataclass(slots=True, eq=False)
class _Leaf:
    """The words of a closed box, and how large they make it."""

    lines: list[Line]
    w: float
    h: float


@dataclass(slots=True, eq=False)
class Part:
    """A level, laid out, with the parts of its open boxes; `pads` are before, after, start, end – around the plan."""

    level: Level
    plan: Plan
    leaves: Mapping[str, _Leaf]
    parts: Mapping[str, Part]
    labels: Mapping[tuple[str, int], tuple[str, tuple[str, ...]]]
    step: float
    pads: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    head: tuple[list[Line], list[Line]] = field(default_factory=lambda: ([], []))

    def heading(self) -> Iterator[tuple[Line, str]]:
        """The lines of its frame's header, each with the side that it stands at."""
        for lines, anchor in zip(self.head, ("start", "end"), strict=True):
            for line in lines:
                yield line, anchor


def figure(level: Level, options: Options) -> Figure:
    """The whole picture."""
    builder = Builder(options)
    part = builder.part(level, top=True)
    return builder.finish(part)


class Builder:
    """Measures, lays out and places, in one theme and direction."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.theme = options.theme
        self.flat = options.direction == "LR"
        self.waiting: list[tuple[float, float, str, tuple[str, ...]]] = []  # labels of wires

    # measuring

    def words(self, text: str, size: float, kind: str) -> float:
        return width(text, size, self.theme.bold if kind == "bold" else self.theme.regular)

    def name_of(self, box: Box) -> tuple[str, str]:
        """The two lines of a box: its name, and what it is."""
        label = box.label + (f" ×{box.times}" if box.times > 1 else "")
        if not self.theme.names:
            return (label[:1].upper() + label[1:] if len(label.partition(" ")[0]) > 3 else label), ""
        if box.name.replace("_", " ") == box.label.lower():
            return box.name + (f" ×{box.times}" if box.times > 1 else ""), ""
        return box.name, label

    def leaf(self, box: Box) -> _Leaf:
        """A closed box's lines and size."""
        theme = self.theme
        name, label = self.name_of(box)
        face, kind = (theme.bold, "bold") if theme.names else (theme.regular, "ink")
        lines = [(line, theme.size, kind) for line in wrap(name, theme.size, face, MOST_LINE)]
        small: list[tuple[str, str]] = [(label, "ink")] if label else []
        small += [(text, "muted") for text in box.varies[:3]]
        if box.node and box.node.share:
            small.append((f"weights of {box.node.share}", "muted"))
        if costs := cost_text(box.cost, self.options.costs):
            small.append((costs, "muted"))
        for text, kind in small:
            lines += [(line, theme.small, kind) for line in wrap(text, theme.small, theme.regular, MOST_LINE)]
        wide = max(self.words(text, size, kind) for text, size, kind in lines)
        tall = sum(size * 1.32 for _, size, _ in lines)
        return _Leaf(lines, _even(wide + 22), _even(tall + 13))

    def pill(self, box: Box) -> _Leaf:
        """An input or output of the whole: its name, and its mode or its shape."""
        theme = self.theme
        lines = [(box.name, theme.size, "bold" if theme.names else "ink")]
        if box.mode:
            lines.append((box.mode, theme.small, "muted"))
        wide = max(self.words(text, size, kind) for text, size, kind in lines)
        return _Leaf(lines, _even(wide + 30), _even(sum(size * 1.32 for _, size, _ in lines) + 11))

    # laying out

    def part(self, level: Level, top: bool = False, told: frozenset[int] = frozenset()) -> Part:
        """Lay out a level; `told` are those of its outputs whose shape is written outside."""
        labels = self.labels(level, top, told)
        parts: dict[str, Part] = {}
        leaves: dict[str, _Leaf] = {}
        for name, box in level.boxes.items():
            if box.inner:
                outside = frozenset(out for source, out in labels if source == name)
                parts[name] = self.frame(box, self.part(box.inner, told=outside))
            elif box.role in (INPUT, OUTPUT):
                if top:
                    leaves[name] = self.pill(box)
            elif box.role != "add":
                leaves[name] = self.leaf(box)
        self.even(level, leaves)
        self.align(list(parts.values()))
        spacing = self.spacing(level, labels)
        vertices = [self.vertex(level, box, name, leaves, parts, labels, spacing) for name, box in level.boxes.items()]
        edges = [Edge(wire.source, wire.out, wire.target, wire.into) for wire in level.wires]
        gaps = Gaps(across=16.0, along=24.0, track=10.0) if self.flat else Gaps()
        return Part(level, layout(vertices, edges, gaps), leaves, parts, labels, spacing)

    def even(self, level: Level, leaves: dict[str, _Leaf]) -> None:
        """Boxes of one level are as wide as the widest, unless that one is much wider."""
        if self.flat:
            return
        boxes = [leaf for name, leaf in leaves.items() if level.boxes[name].role not in (INPUT, OUTPUT)]
        widths = sorted(leaf.w for leaf in boxes)
        for leaf in boxes:
            leaf.w = max(leaf.w, 84.0, *(w for w in widths if w <= max(120.0, leaf.w * 1.7)))

    def align(self, parts: list[Part]) -> None:
        """Frames of one level reach as far to both sides of their axis, unless one is much wider."""
        if self.flat or len(parts) < 2:
            return
        for side in (0, 1):
            reach = {id(part): self.reach(part)[side] for part in parts}
            for part in parts:
                own = reach[id(part)]
                more = max(other for other in reach.values() if other <= max(own * 1.6, own + 40)) - own
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

    def spacing(self, level: Level, labels: Mapping[tuple[str, int], tuple[str, tuple[str, ...]]]) -> float:
        """The distance between the ports of one box."""
        if self.flat:
            return 18.0
        names = [name for box in level.boxes.values() for name in (*box.ins, *box.outs)]
        wide = [self.words(name, self.theme.small, "muted") + 8 for name in names]
        wide += [
            self.label_width(*labels[source, out]) + 14 for source, out in labels if len(level.boxes[source].outs) > 1
        ]
        return _even(max([26.0, *wide]))

    def widest(self, ports: tuple[str, ...]) -> float:
        """Room for the names of ports beside the words of a box."""
        return max((self.words(name, self.theme.small, "muted") + 6 for name in ports), default=0.0)

    def label_width(self, text: str, tags: tuple[str, ...]) -> float:
        return self.words(text, self.theme.small, "muted") + sum(
            self.words(tag, self.theme.small - 1.5, "ink") + 10 for tag in tags
        )

    def labels(
        self, level: Level, top: bool, told: frozenset[int]
    ) -> dict[tuple[str, int], tuple[str, tuple[str, ...]]]:
        """The values whose shape is written on their wire: text and the tokens in front."""
        if self.options.shapes == "none":
            return {}
        reads: dict[str, list[Shape]] = defaultdict(list)
        for wire in level.wires:
            reads[wire.target].append(wire.shape)
        outlets = [name for name, box in level.boxes.items() if box.role == OUTPUT]
        found = {}
        for wire in level.wires:
            box = level.boxes[wire.source]
            if box.role == INPUT and not top:
                continue
            same = any(shape == wire.shape for shape in reads[wire.source]) and self.options.shapes == "changes"
            readers = [w.target for w in level.wires if (w.source, w.out) == (wire.source, wire.out)]
            outside = not top and all(reader in outlets and outlets.index(reader) in told for reader in readers)
            if not same and not outside:
                tags = wire.shape.prefix if isinstance(wire.shape, Tokens) else ()
                found[wire.source, wire.out] = (shape_text(wire.shape), tags)
        return found

    def vertex(
        self, level: Level, box: Box, name: str, leaves: Mapping[str, _Leaf], parts: Mapping[str, Part],
        labels: Mapping[tuple[str, int], tuple[str, tuple[str, ...]]], spacing: float,
    ) -> Vertex:  # fmt: skip
        """What the layout needs to know of a box."""
        outs = max([1, len(box.outs), *(1 + wire.out for wire in level.wires if wire.source == name)])
        ins = max([1, len(box.ins), *(1 + wire.into for wire in level.wires if wire.target == name)])
        rim = {INPUT: -1, OUTPUT: 1}.get(box.role, 0)
        if name in parts:
            made = self.frame_vertex(name, parts[name])
        elif name in leaves:
            leaf = leaves[name]
            ports = max(ins, outs)
            w = max(leaf.w, (ports - 1) * spacing + 40) if not self.flat else leaf.w
            h = leaf.h if not self.flat else max(leaf.h, (ports - 1) * spacing + 20)
            if not self.flat:
                h += self.theme.small * 1.2 * (bool(box.ins) + (len(box.outs) > 1))
            else:
                w += sum(self.widest(names) for names in (box.ins, box.outs))
            for names, count in () if self.flat else ((box.ins, ins), (box.outs, outs)):
                for port, at in zip(names, _spread(count, spacing), strict=False):
                    w = max(w, 2 * abs(at) + self.words(port, self.theme.small, "muted") + 12)
            leaf.w, leaf.h = w, h = _even(w), _even(h)
            across, along = (h, w) if self.flat else (w, h)
            made = Vertex(
                name, along, across / 2, across / 2,
                _spread(ins, spacing), _spread(outs, spacing), rim=rim,
            )  # fmt: skip
        elif rim:
            made = Vertex(name, 0.0, 4.0, 4.0, rim=rim)
        else:
            made = Vertex(name, SUM, SUM / 2, SUM / 2, [0.0] * ins, [0.0] * outs, sideways=True)
        for out in range(outs):
            if (name, out) in labels:
                wide = self.label_width(*labels[name, out])
                if self.flat:
                    made.label = max(made.label, wide + 6)
                else:
                    made.label = max(made.label, 14.0)
                    made.tail = max(made.tail, made.outs[out] + wide + 10)
        return made

    def frame(self, box: Box, part: Part) -> Part:
        """Room around an open box for its header; the header does not touch the wires that pass it."""
        theme, plan = self.theme, part.plan
        name, label = self.name_of(box)
        left = [(name, theme.size, "bold" if theme.names else "ink")]
        right = [(label, theme.small, "ink")] if label else []
        below = [(text, theme.small, "muted") for text in box.varies[:3]]
        if box.node and box.node.share:
            below.append((f"weights of {box.node.share}", theme.small, "muted"))
        if costs := cost_text(box.cost, self.options.costs):
            below.append((costs, theme.small, "muted"))
        (right or left).extend(below)
        wide_left = max(self.words(*line) for line in left) + PAD
        wide_right = max((self.words(*line) for line in right), default=0.0) + (PAD if right else 0.0)
        rows = max(len(left), len(right))
        tall = _even(rows * theme.size * 1.3 + 7)
        if self.flat:
            extra = max(0.0, _even(wide_left + wide_right + 20 - plan.along))
            part.pads = (tall + 4, PAD, extra / 2, extra / 2)
        else:
            rim = -1 if self.options.direction == "TB" else 1
            axes = [v.u for v in plan.vertices.values() if v.rim == rim] or [plan.across / 2]
            before = max(PAD, _even(wide_left + 10 - min(axes)))
            after = max(PAD, _even(wide_right + 10 - (plan.across - max(axes))))
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

    # placing

    def finish(self, part: Part) -> Figure:
        """Absolute coordinates, then title, legend and caption around."""
        made = Figure(self.options)
        self.flatten(made, part, 0.0, 0.0, 0, "")
        across, along = part.plan.across, part.plan.along
        made.width, made.height = (along, across) if self.flat else (across, along)
        if self.options.direction == "BT":
            _flip(made, along)
        for u, v, text, tags in self.waiting:
            self.label(made, u, along - v if self.options.direction == "BT" else v, text, tags)
        self.write(made)
        if self.options.heat:
            warm(made)
        surround(made)
        return made

    def flatten(self, made: Figure, part: Part, u0: float, v0: float, depth: int, path: str) -> None:
        level, plan = part.level, part.plan
        before, _, start, end = part.pads
        u1, v1 = u0 + before, v0 + start
        for name, vertex in plan.vertices.items():
            box = level.boxes[name]
            if name in part.parts:
                inner = part.parts[name]
                pads, size = inner.pads, inner.plan
                across, along = pads[0] + size.across + pads[1], pads[2] + size.along + pads[3]
                u, v = u1 + vertex.u - vertex.before, v1 + vertex.v
                made.shown.append(self.show(box, "frame", u, v, across, along, depth))
                made.shown[-1].texts = [Text(0, 0, *line, anchor) for line, anchor in inner.heading()]
                self.flatten(made, inner, u, v, depth + 1, box.path)
            elif name in part.leaves or box.role == "add":
                kind = "pill" if box.role in (INPUT, OUTPUT) else "box" if name in part.leaves else "sum"
                half = vertex.before
                shown = self.show(box, kind, u1 + vertex.u - half, v1 + vertex.v, 2 * half, vertex.along, depth)
                leaf = part.leaves.get(name)
                shown.step = part.step
                shown.texts = [Text(0, 0, t, s, k) for t, s, k in leaf.lines] if leaf else []
                made.shown.append(shown)
        for wire, route in zip(level.wires, plan.routes, strict=True):
            points = [(u1 + u, v1 + v) for u, v in route]
            source, target = level.boxes[wire.source], level.boxes[wire.target]
            if depth and source.role == INPUT:
                points[0] = (points[0][0], points[0][1] - start)
            if depth and target.role == OUTPUT:
                points[-1] = (points[-1][0], points[-1][1] + end)
            head = not (target.inner or (depth and target.role == OUTPUT))
            points = [self.screen(u, v) for u, v in points]
            made.drawn.append(Drawn(wire, path, points, head, source.path, target.path))
        for (name, out), (text, tags) in part.labels.items():
            vertex = plan.vertices[name]
            u, v = u1 + vertex.u + vertex.outs[out], v1 + vertex.v + vertex.along
            self.waiting.append((u, v, text, tags))

    def show(self, box: Box, kind: str, u: float, v: float, across: float, along: float, depth: int) -> Shown:
        x, y = self.screen(u, v)
        w, h = (along, across) if self.flat else (across, along)
        return Shown(box, kind, x, y, w, h, depth)

    def screen(self, u: float, v: float) -> Point:
        return (v, u) if self.flat else (u, v)

    def label(self, made: Figure, u: float, v: float, text: str, tags: tuple[str, ...]) -> None:
        """A shape beside its wire, right behind the box that gives it; the tokens in front as little tags."""
        small = self.theme.small
        if self.flat:
            x, y = v + 4, u - 4
        else:
            x, y = u + 6, v - 6 if self.options.direction == "BT" else v + 3 + small
        made.texts.append(Text(x, y, text, small, "muted", "start"))
        x += self.words(text, small, "muted") + 4
        for tag in tags:
            wide = self.words(tag, small - 1.5, "ink") + 6
            made.tags.append((x, y - small + 1.2, wide, small + 1.6))
            made.texts.append(Text(x + wide / 2, y - 0.8, tag, small - 1.5, "chip", "middle"))
            x += wide + 3

    def write(self, made: Figure) -> None:
        """Put every box's lines where they stand."""
        for shown in made.shown:
            if shown.kind == "frame":
                self.write_frame(shown)
            else:
                self.write_box(shown)

    def write_frame(self, shown: Shown) -> None:
        rows = {"start": 0, "end": 0}
        for place, line in enumerate(shown.texts):
            x = shown.x + PAD - 3 if line.anchor == "start" else shown.x + shown.w - PAD + 3
            y = shown.y + 6 + self.theme.size * (0.9 + 1.3 * rows[line.anchor])
            rows[line.anchor] += 1
            shown.texts[place] = replace(line, x=x, y=y)

    def write_box(self, shown: Shown) -> None:
        box, small = shown.box, self.theme.small
        top, bottom, left, right = shown.y, shown.y + shown.h, shown.x, shown.x + shown.w
        ports: list[Text] = []
        for names, first in ((box.ins, True), (box.outs, False)):
            if not names or shown.kind != "box":
                continue
            if self.flat:
                room = self.widest(names)
                for name, at in zip(names, _spread(len(names), 18.0), strict=True):
                    x = left + 5 if first else right - 5
                    y = shown.y + shown.h / 2 + at + small * 0.35
                    ports.append(Text(x, y, name, small, "muted", "start" if first else "end"))
                left, right = (left + room, right) if first else (left, right - room)
            else:
                on_top = first == (self.options.direction == "TB")
                y = shown.y + small + 2 if on_top else shown.y + shown.h - 4
                spots = [shown.x + shown.w / 2 + at for at in _spread(len(names), shown.step)]
                ports += [Text(x, y, name, small, "muted") for name, x in zip(names, spots, strict=True)]
                top, bottom = (top + small * 1.2, bottom) if on_top else (top, bottom - small * 1.2)
        tall = sum(line.size * 1.32 for line in shown.texts)
        y = (top + bottom - tall) / 2
        for place, line in enumerate(shown.texts):
            y += line.size * 1.32
            shown.texts[place] = replace(line, x=(left + right) / 2, y=y - line.size * 0.34)
        shown.texts += ports


def _even(size: float) -> float:
    """Rounded up to an even number, so that halves are whole and lines stand straight above each other."""
    return float(-(-size // 2) * 2)


def _spread(count: int, step: float) -> list[float]:
    """Places of ports, evenly around the axis."""
    return [(place - (count - 1) / 2) * step for place in range(count)]


def _flip(made: Figure, along: float) -> None:
    """From bottom to top."""
    for shown in made.shown:
        shown.y = along - shown.y - shown.h
    for drawn in made.drawn:
        drawn.points = [(x, along - y) for x, y in drawn.points]
