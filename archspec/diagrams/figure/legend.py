"""The legend: a sample and a word for everything in a figure that has a look of its own."""

from __future__ import annotations

from dataclasses import dataclass

from archspec.diagrams.figure.heat import colour, ticks
from archspec.diagrams.figure.placed import Arrangement, Swatch
from archspec.diagrams.figure.primitive import Text
from archspec.diagrams.look import LEGEND, Theme, family, width
from archspec.diagrams.view import number


@dataclass(frozen=True, slots=True)
class Entry:
    """A sample, as a look and a fill of its own or None, or no sample at all; and a word."""

    sample: tuple[str, str | None] | None
    word: str

    def width(self, theme: Theme) -> float:
        """How wide it is drawn."""
        return _wide(self.sample) + width(self.word, theme.small, theme.regular)


def _wide(sample: tuple[str, str | None] | None) -> float:
    """The width of a sample, with the gap behind it."""
    if sample is None:
        return 0.0
    return {"line": 23.0, "added": 20.0, "removed": 20.0, "changed": 20.0}.get(sample[0], 17.0)


def legend(placed: Arrangement, wide: float, axis: float, y: float) -> float:
    """Draw a sample and a word for everything that has a look of its own, in rows; gives where they end."""
    theme, gap = placed.options.theme, 14.0
    rows: list[list[Entry]] = [[]]
    for entry in entries(placed):
        if rows[-1] and sum(other.width(theme) + gap for other in rows[-1]) + entry.width(theme) > wide:
            rows.append([])
        rows[-1].append(entry)
    sizes = [sum(entry.width(theme) + gap for entry in row) - gap for row in rows]
    middle = centre(axis, wide, sizes)
    for row, size in zip(rows, sizes, strict=True):
        x = middle - size / 2
        y += theme.small * 1.6
        for entry in row:
            if entry.sample:
                placed.swatches.append(Swatch(x, y - theme.small + 1, *entry.sample))
            placed.texts.append(Text(x + _wide(entry.sample), y, entry.word, theme.small, "muted", "start"))
            x += entry.width(theme) + gap
    return y


def entries(placed: Arrangement) -> list[Entry]:
    """What the legend explains."""
    lines = _scale(placed) if placed.options.heat else _families(placed)
    if any(item.box.mode == "train" for item in placed.boxes):
        lines.append(Entry(("line", None), "in training"))
    if any(item.box.node and item.box.node.share for item in placed.boxes):
        lines.append(Entry(("line", None), "shared weights"))
    statuses = {item.box.status for item in placed.boxes} | {item.wire.mode for item in placed.wires}
    return lines + [Entry((status, None), status) for status in placed.options.theme.marks if status in statuses]


def _families(placed: Arrangement) -> list[Entry]:
    """The fills of boxes; those of one look share a sample, and boxes that are blank need none."""
    theme = placed.options.theme
    there = {family(item.box.role) for item in placed.boxes if item.kind == "box"}
    looks: dict[tuple[str, ...], list[str]] = {}
    for name in LEGEND:
        look = (theme.fills[name], theme.strokes[name], theme.hatches.get(name, ""))
        if name in there and (look[0] != theme.background or look[2]):
            looks.setdefault(look, []).append(name)
    return [Entry((names[0], None), ", ".join(LEGEND[name] for name in names)) for names in looks.values()]


def _scale(placed: Arrangement) -> list[Entry]:
    """The scale of the heat, from nothing to the most."""
    what = "params" if placed.options.heat == "params" else "MACs"
    samples = [
        Entry(("other", colour(placed.options.theme, part)), number(cost).strip())
        for part, cost in ticks(placed.hottest)
    ]
    return [*samples, Entry(None, f"{what} of all copies; the colour is on a scale of square roots")]


def centre(axis: float, wide: float, lines: list[float]) -> float:
    """The middle of centred lines, whose widths are given: as near to the axis as the page lets them be."""
    half = max(lines, default=0.0) / 2
    return min(max(axis, half), max(wide - half, half))
