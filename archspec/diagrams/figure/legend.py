"""What stands around a figure: title, legend and caption; and its colours, where they tell a cost."""

from __future__ import annotations

from dataclasses import dataclass, replace

from archspec.diagrams.figure.placed import Arrangement, Swatch
from archspec.diagrams.figure.primitive import Text
from archspec.diagrams.look import LEGEND, Theme, balance, family, width
from archspec.diagrams.view import Box, number


def surround(placed: Arrangement) -> None:
    """Title above; legend and caption below; all within a margin."""
    theme, options, margin = placed.options.theme, placed.options, 16.0
    wide = max(placed.width, 330.0 if options.title or options.caption else 0.0)
    title = balance(options.title, theme.size + 2, theme.bold, wide) if options.title else []
    caption = balance(options.caption, theme.small, theme.regular, wide) if options.caption else []
    left = min(max(wide / 2 - placed.axis, 0.0), wide - placed.width)
    axis = left + placed.axis
    y = len(title) * (theme.size + 2) * 1.3 + 10 * bool(title)
    _shift(placed, left, y)
    x = _centre(axis, wide, [width(line, theme.size + 2, theme.bold) for line in title])
    for place, line in enumerate(title, 1):
        placed.texts.append(Text(x, place * (theme.size + 2) * 1.3 - 4, line, theme.size + 2, "bold"))
    y += placed.height
    if options.legend:
        y = legend(placed, wide, axis, y + 16)
    x = _centre(axis, wide, [width(line, theme.small, theme.regular) for line in caption])
    y += 8 * bool(caption)
    for line in caption:
        y += theme.small * 1.4
        placed.texts.append(Text(x, y, line, theme.small, "muted"))
    y += 4 * bool(caption)
    placed.width, placed.height = wide, y
    _shift(placed, margin, margin)
    placed.width, placed.height = placed.width + 2 * margin, placed.height + 2 * margin


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the legend: samples, each a look and a fill of its own or None, and a word."""

    samples: tuple[tuple[str, str | None], ...]
    word: str

    def width(self, theme: Theme) -> float:
        return 2 + sum(map(_wide, self.samples)) + width(self.word, theme.small, theme.regular)


def _wide(sample: tuple[str, str | None]) -> float:
    return 21.0 if sample[0] == "line" else 13.0


def _centre(axis: float, wide: float, lines: list[float]) -> float:
    """The middle of centred lines, whose widths are given: as near to the axis as the page lets them be."""
    half = max(lines, default=0.0) / 2
    return min(max(axis, half), max(wide - half, half))


def legend(placed: Arrangement, wide: float, axis: float, y: float) -> float:
    """Draw a sample and a word for everything that has a look of its own, in rows; gives where they end."""
    theme, gap = placed.options.theme, 14.0
    rows: list[list[Entry]] = [[]]
    for entry in entries(placed):
        if rows[-1] and sum(other.width(theme) + gap for other in rows[-1]) + entry.width(theme) > wide:
            rows.append([])
        rows[-1].append(entry)
    sizes = [sum(entry.width(theme) + gap for entry in row) - gap for row in rows]
    middle = _centre(axis, wide, sizes)
    for row, size in zip(rows, sizes, strict=True):
        x = middle - size / 2
        y += theme.small * 1.6
        for entry in row:
            for sample in entry.samples:
                placed.swatches.append(Swatch(x, y - theme.small + 1, *sample))
                x += _wide(sample)
            placed.texts.append(Text(x + 2, y, entry.word, theme.small, "muted", "start"))
            x += 2 + width(entry.word, theme.small, theme.regular) + gap
    return y


def entries(placed: Arrangement) -> list[Entry]:
    """What the legend explains."""
    boxes = [item.box for item in placed.boxes if item.kind == "box"]
    heat = placed.options.heat
    if heat:
        most = max((warmth(placed, box) for box in boxes), default=0)
        steps = tuple(("other", _mix(*placed.options.theme.heat, place / 4)) for place in range(5))
        unit = "\N{NO-BREAK SPACE}params" if heat == "params" else "MACs"
        lines = [Entry(steps, f"0 to {number(most).strip()}{unit}")]
    else:
        there = {family(box.role) for box in boxes}
        lines = [Entry(((look, None),), LEGEND[look]) for look in LEGEND if look in there]
    if any(item.box.mode == "train" for item in placed.boxes):
        lines.append(Entry((("line", None),), "in training"))
    if any(item.box.node and item.box.node.share for item in placed.boxes):
        lines.append(Entry((("line", None),), "shared weights"))
    return lines


def warmth(placed: Arrangement, box: Box) -> int:
    return box.cost.params if placed.options.heat == "params" else box.cost.macs


def warm(placed: Arrangement) -> None:
    """Colour the closed boxes by what they cost, on a scale of square roots, so that small ones are told apart."""
    boxes = [item for item in placed.boxes if item.kind == "box"]
    most = max((warmth(placed, item.box) for item in boxes), default=0) or 1
    for item in boxes:
        item.fill = _mix(*placed.options.theme.heat, (warmth(placed, item.box) / most) ** 0.5)
        item.texts = [replace(text, kind="ink") if text.kind == "muted" else text for text in item.texts]


def _mix(cold: str, warm: str, share: float) -> str:
    """A colour between two."""
    pairs = [(int(cold[at : at + 2], 16), int(warm[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _shift(placed: Arrangement, dx: float, dy: float) -> None:
    for item in placed.boxes:
        item.x, item.y = item.x + dx, item.y + dy
        item.texts = [replace(text, x=text.x + dx, y=text.y + dy) for text in item.texts]
    for wire in placed.wires:
        wire.points = [(x + dx, y + dy) for x, y in wire.points]
    placed.texts = [replace(text, x=text.x + dx, y=text.y + dy) for text in placed.texts]
    placed.tags = [(x + dx, y + dy, w, h) for x, y, w, h in placed.tags]
    placed.swatches = [replace(s, x=s.x + dx, y=s.y + dy) for s in placed.swatches]
