"""How large boxes and labels are in one look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from archspec.diagrams.look import width, wrap
from archspec.diagrams.options import Options
from archspec.diagrams.view import Box, Level, cost_of

MOST_LINE = 190.0
"""How wide a line in a box may be."""

Line = tuple[str, float, str]
"""Words, size and kind."""


class Label(NamedTuple):
    """A shape that is written beside a wire, the names of the tokens in front, and the kind of the text."""

    text: str
    tags: tuple[str, ...] = ()
    kind: str = "muted"


Labels = Mapping[tuple[str, int], Label]
"""Labels by the box and the output that they belong to."""


@dataclass(slots=True, eq=False)
class Leaf:
    """The words of a closed box, how large they make it, how far apart its ports are, and the room at its sides."""

    lines: list[Line]
    w: float
    h: float
    step: float = 0.0
    gutter: float = 0.0


class Measure:
    """Measures in one theme and direction."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.theme = options.theme
        self.flat = options.direction == "LR"

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

    def details(self, box: Box) -> list[str]:
        """What is said of a box in small letters: what varies, whose weights it has, what it costs."""
        share = [f"weights of {box.node.share}"] if box.node and box.node.share else []
        costs = cost_of(box, self.options.costs)
        return [*box.varies[:3], *share, *([costs] if costs else [])]

    def leaf(self, box: Box) -> Leaf:
        """A closed box's lines and size."""
        theme = self.theme
        name, label = self.name_of(box)
        face, kind = (theme.bold, "bold") if theme.names else (theme.regular, "ink")
        lines = [(line, theme.size, kind) for line in wrap(name, theme.size, face, MOST_LINE)]
        small: list[tuple[str, str]] = [(label, "ink")] if label else []
        small += [(text, "muted") for text in (*box.holds, *self.details(box))]
        for text, kind in small:
            lines += [(line, theme.small, kind) for line in wrap(text, theme.small, theme.regular, MOST_LINE)]
        wide = max(self.words(text, size, kind) for text, size, kind in lines)
        tall = sum(size * 1.32 for _, size, _ in lines)
        return Leaf(lines, even_size(wide + 22), even_size(tall + 13))

    def pill(self, box: Box) -> Leaf:
        """An input or output of the whole: its name, and its mode or its shape."""
        theme = self.theme
        lines = [(box.name, theme.size, "bold" if theme.names else "ink")]
        if box.mode:
            lines.append((box.mode, theme.small, "muted"))
        wide = max(self.words(text, size, kind) for text, size, kind in lines)
        return Leaf(lines, even_size(wide + 30), even_size(sum(size * 1.32 for _, size, _ in lines) + 11))

    def heading(self, box: Box) -> tuple[list[Line], list[Line]]:
        """The lines of an open box's header: at its left, and at its right."""
        theme = self.theme
        name, label = self.name_of(box)
        left = [(name, theme.size, "bold" if theme.names else "ink")]
        right = [(label, theme.small, "ink")] if label else []
        (right or left).extend((text, theme.small, "muted") for text in self.details(box))
        return left, right

    def spacing(self, level: Level, labels: Labels) -> float:
        """The distance between the ports of one box."""
        if self.flat:
            return 18.0
        names = [name for box in level.boxes.values() for name in (*box.ins, *box.outs)]
        wide = [self.words(name, self.theme.small, "muted") + 8 for name in names]
        wide += [
            self.label_width(labels[source, out]) + 14 for source, out in labels if len(level.boxes[source].outs) > 1
        ]
        return even_size(max([26.0, *wide]))

    def widest(self, ports: tuple[str, ...]) -> float:
        """Room for the names of ports beside the words of a box."""
        return max((self.words(name, self.theme.small, "muted") + 6 for name in ports if name), default=0.0)

    def label_width(self, label: Label) -> float:
        """How wide a shape is with its tokens."""
        tags = sum(self.words(tag, self.theme.small - 1.5, "ink") + 10 for tag in label.tags)
        return self.words(label.text, self.theme.small, "muted") + tags


def even_size(size: float) -> float:
    """Rounded up to an even number, so that halves are whole and lines stand straight above each other."""
    return float(-(-size // 2) * 2)


def ports_around(count: int, step: float, names: tuple[str, ...] = ()) -> list[float]:
    """Places of ports, evenly around the axis; one that has an empty name takes no place."""
    drawn = [place for place in range(count) if not names or names[place]]
    row = {place: (number - (len(drawn) - 1) / 2) * step for number, place in enumerate(drawn)}
    return [row.get(place, 0.0) for place in range(count)]
