"""Everything in its place → primitives: the one place that says which shapes a thing is drawn as."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.diagrams.figure.figure import Figure
from archspec.diagrams.figure.hatch import hatch
from archspec.diagrams.figure.placed import Arrangement, PlacedBox, PlacedWire, Swatch
from archspec.diagrams.figure.primitive import Circle, Group, Path, Primitive, Rect, Shape
from archspec.diagrams.layout import Step, arrow, rounded
from archspec.diagrams.look import Theme, family
from archspec.diagrams.view import Box, about, shape_text

FRAME_RADIUS = 8.0
SWATCH = (12.0, 10.0)
SIGNS: dict[str, tuple[Step, ...]] = {
    "added": (("M", (-4, 0)), ("h", (8,)), ("M", (0, -4)), ("v", (8,))),
    "removed": (("M", (-4, 0)), ("h", (8,))),
    "changed": (("M", (-4, 1.2)), ("q", (2, -3, 4, -1)), ("t", (4, -1.2))),
}
"""What stands in the badge of a box that is compared: a plus, a minus, a wave."""


def draw(arrangement: Arrangement) -> Figure:
    """The figure: frames, wires over them, boxes over those, then what stands free."""
    theme = arrangement.options.theme
    compared = any(placed.box.status for placed in arrangement.boxes)
    return Figure(
        tuple(_items(arrangement)), arrangement.width, arrangement.height, theme, arrangement.options.title, compared
    )


def _items(arrangement: Arrangement) -> Iterator[Primitive]:
    theme = arrangement.options.theme
    yield from (_group(placed, theme) for placed in arrangement.boxes if placed.kind == "frame")
    yield from map(_wire, arrangement.wires)
    yield from (_group(placed, theme) for placed in arrangement.boxes if placed.kind != "frame")
    yield from (tag(*place) for place in arrangement.tags)
    for swatch in arrangement.swatches:
        yield from sample(swatch, theme)
    yield from arrangement.texts


def _group(placed: PlacedBox, theme: Theme) -> Group:
    box = placed.box
    items = (*outline(placed, theme), *placed.texts, *marks(placed, theme))
    return Group(group_kind(box, open=placed.kind == "frame"), items, about(box), box.path)


def group_kind(box: Box, *, open: bool) -> str:
    """The classes of a box's group."""
    return ("composite" if open else "node") + f" {box.status}" * bool(box.status)


def outline(placed: PlacedBox, theme: Theme) -> Iterator[Shape]:
    """The shapes of a box itself; a second card lies behind one that stands for several."""
    x, y, w, h, box = placed.x, placed.y, placed.w, placed.h, placed.box
    shared = " shared" if box.node and box.node.share else ""
    radius = _radius(placed, theme)
    match placed.kind:
        case "frame":
            yield Rect(f"frame depth{placed.depth % 4}{shared}", x, y, w, h, radius)
        case "sum":
            cx, cy, r = x + w / 2, y + h / 2, w / 2
            yield Circle("sum", cx, cy, r)
            yield Path("plus", (("M", (cx - r / 2, cy)), ("h", (r,)), ("M", (cx, cy - r / 2)), ("v", (r,))))
        case "pill":
            yield Rect(f"pill {box.mode}".strip(), x, y, w, h, radius)
        case _:
            if box.times > 1:
                yield Rect(f"box behind {family(box.role)}", x + 4, y + 4, w, h, radius, placed.fill)
            yield Rect(f"box {family(box.role)}{shared}", x, y, w, h, radius, placed.fill)
            if not placed.fill and (pattern := theme.hatches.get(family(box.role))):
                yield hatch(pattern, x, y, w, h)


def marks(placed: PlacedBox, theme: Theme) -> Iterator[Shape]:
    """A second outline, and a sign at the corner, of what is added, removed or changed."""
    if placed.box.status:
        corner = (placed.x + placed.w, placed.y)
        yield Rect("mark", placed.x, placed.y, placed.w, placed.h, _radius(placed, theme))
        yield Circle("badge", *corner, 7.5)
        yield Path("sign", SIGNS[placed.box.status], corner)


def _radius(placed: PlacedBox, theme: Theme) -> float:
    rounds = {"frame": FRAME_RADIUS, "sum": placed.w / 2, "pill": min(placed.w, placed.h) / 2}
    return rounds.get(placed.kind, theme.radius)


def wire_kind(mode: str) -> str:
    """The classes of a wire: train or eval, added or removed."""
    return f"wire {mode}".strip()


def head_kind(mode: str) -> str:
    """The classes of a wire's head."""
    return f"head {mode}".strip()


def _wire(placed: PlacedWire) -> Group:
    wire, points = placed.wire, placed.points
    items = [Path(wire_kind(wire.mode), tuple(rounded(points, placed.head)))]
    if placed.head:
        items.append(Path(head_kind(wire.mode), tuple(arrow(points))))
    ends = (f"{placed.source}:{wire.out}", f"{placed.target}:{wire.into}")
    return Group("edge", tuple(items), shape_text(wire.shape), ends=ends)


def tag(x: float, y: float, w: float, h: float) -> Rect:
    """The ground of a token's name, beside a shape."""
    return Rect("tag", x, y, w, h, 3)


def sample(swatch: Swatch, theme: Theme) -> Iterator[Primitive]:
    """What the legend shows of a look."""
    x, y = swatch.x, swatch.y
    if swatch.look == "line":
        yield Path("wire train", (("M", (x, y + 5)), ("h", (18,))))
    elif swatch.look in SIGNS:
        middle = (x + 7.5, y + 5)
        yield Group(swatch.look, (Circle("badge", *middle, 7.5), Path("sign", SIGNS[swatch.look], middle)), "")
    else:
        yield Rect(f"swatch {swatch.look}", x, y, *SWATCH, 2, swatch.fill)
        if not swatch.fill and (pattern := theme.hatches.get(swatch.look)):
            yield hatch(pattern, x, y, *SWATCH)
