"""What stands around a figure: title, legend and caption; and its colours, where they tell a cost."""

from __future__ import annotations

from dataclasses import dataclass, replace

from archspec.diagrams.figure.figure import Figure, Swatch, Text, number
from archspec.diagrams.look.style import LEGEND, Theme, family
from archspec.diagrams.look.text import balance, width
from archspec.diagrams.view.view import Box


def surround(made: Figure) -> None:
    """Title above; legend and caption below; all within a margin."""
    theme, options, margin = made.options.theme, made.options, 16.0
    wide = max(made.width, 330.0 if options.title or options.caption else 0.0)
    head: list[Text] = []
    y = 0.0
    if options.title:
        for line in balance(options.title, theme.size + 2, theme.bold, wide):
            y += (theme.size + 2) * 1.3
            head.append(Text(wide / 2, y - 4, line, theme.size + 2, "bold"))
        y += 10
    _shift(made, (wide - made.width) / 2, y)
    made.texts += head
    y += made.height
    if options.legend:
        y = legend(made, wide, y + 16)
    if options.caption:
        y += 8
        for line in balance(options.caption, theme.small, theme.regular, wide):
            y += theme.small * 1.4
            made.texts.append(Text(wide / 2, y, line, theme.small, "muted"))
        y += 4
    made.width, made.height = wide, y
    _shift(made, margin, margin)
    made.width, made.height = made.width + 2 * margin, made.height + 2 * margin


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the legend: samples, each a look and a fill of its own or None, and a word."""

    samples: tuple[tuple[str, str | None], ...]
    word: str

    def width(self, theme: Theme) -> float:
        return 2 + sum(map(_wide, self.samples)) + width(self.word, theme.small, theme.regular)


def _wide(sample: tuple[str, str | None]) -> float:
    return 21.0 if sample[0] == "line" else 13.0


def legend(made: Figure, wide: float, y: float) -> float:
    """Draw a sample and a word for everything that has a look of its own, in rows; gives where they end."""
    theme, gap = made.options.theme, 14.0
    rows: list[list[Entry]] = [[]]
    for entry in entries(made):
        if rows[-1] and sum(other.width(theme) + gap for other in rows[-1]) + entry.width(theme) > wide:
            rows.append([])
        rows[-1].append(entry)
    for row in rows:
        x = (wide - sum(entry.width(theme) + gap for entry in row) + gap) / 2
        y += theme.small * 1.6
        for entry in row:
            for sample in entry.samples:
                made.swatches.append(Swatch(x, y - theme.small + 1, *sample))
                x += _wide(sample)
            made.texts.append(Text(x + 2, y, entry.word, theme.small, "muted", "start"))
            x += 2 + width(entry.word, theme.small, theme.regular) + gap
    return y


def entries(made: Figure) -> list[Entry]:
    """What the legend explains."""
    boxes = [shown.box for shown in made.shown if shown.kind == "box"]
    heat = made.options.heat
    if heat:
        most = max((warmth(made, box) for box in boxes), default=0)
        steps = tuple(("other", _mix(*made.options.theme.heat, place / 4)) for place in range(5))
        unit = "\N{NO-BREAK SPACE}params" if heat == "params" else "MACs"
        found = [Entry(steps, f"0 to {number(most).strip()}{unit}")]
    else:
        there = {family(box.role) for box in boxes}
        found = [Entry(((look, None),), LEGEND[look]) for look in LEGEND if look in there]
    if any(shown.box.mode == "train" for shown in made.shown):
        found.append(Entry((("line", None),), "in training"))
    if any(shown.box.node and shown.box.node.share for shown in made.shown):
        found.append(Entry((("line", None),), "shared weights"))
    return found


def warmth(made: Figure, box: Box) -> int:
    return box.cost.params if made.options.heat == "params" else box.cost.macs


def warm(made: Figure) -> None:
    """Colour the closed boxes by what they cost, on a scale of square roots, so that small ones are told apart."""
    boxes = [shown for shown in made.shown if shown.kind == "box"]
    most = max((warmth(made, shown.box) for shown in boxes), default=0) or 1
    for shown in boxes:
        shown.fill = _mix(*made.options.theme.heat, (warmth(made, shown.box) / most) ** 0.5)
        shown.texts = [replace(text, kind="ink") if text.kind == "muted" else text for text in shown.texts]


def _mix(cold: str, warm: str, share: float) -> str:
    """A colour between two."""
    pairs = [(int(cold[at : at + 2], 16), int(warm[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _shift(made: Figure, dx: float, dy: float) -> None:
    for shown in made.shown:
        shown.x, shown.y = shown.x + dx, shown.y + dy
        shown.texts = [replace(text, x=text.x + dx, y=text.y + dy) for text in shown.texts]
    for drawn in made.drawn:
        drawn.points = [(x + dx, y + dy) for x, y in drawn.points]
    made.texts = [replace(text, x=text.x + dx, y=text.y + dy) for text in made.texts]
    made.tags = [(x + dx, y + dy, w, h) for x, y, w, h in made.tags]
    made.swatches = [replace(s, x=s.x + dx, y=s.y + dy) for s in made.swatches]
