"""Where the words of a box, of a frame and of a wire stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from archspec.diagrams.figure.measure import Label, Measure, ports_around
from archspec.diagrams.figure.part import PAD
from archspec.diagrams.figure.placed import Arrangement, PlacedBox
from archspec.diagrams.figure.primitive import Text


def write_frame(placed: PlacedBox, measure: Measure) -> None:
    """Put the lines of an open box in its upper corners."""
    rows = {"start": 0, "end": 0}
    for place, line in enumerate(placed.texts):
        x = placed.x + PAD - 3 if line.anchor == "start" else placed.x + placed.w - PAD + 3
        y = placed.y + 6 + measure.theme.size * (0.9 + 1.3 * rows[line.anchor])
        rows[line.anchor] += 1
        placed.texts[place] = replace(line, x=x, y=y)


def write_box(placed: PlacedBox, measure: Measure) -> None:
    """Put the lines of a closed box in its middle, between the names of its ports."""
    small, flat = measure.theme.small, measure.flat
    top, bottom, left, right = placed.y, placed.y + placed.h, placed.x, placed.x + placed.w
    ports: list[Text] = []
    for names, first in ((placed.box.ins, True), (placed.box.outs, False)):
        if not names or placed.kind != "box":
            continue
        if flat:
            room = measure.widest(names)
            ports += _ports_beside(placed, names, first, small)
            left, right = (left + room, right) if first else (left, right - room)
        else:
            on_top = first == (measure.options.direction == "TB")
            y = placed.y + small + 2 if on_top else placed.y + placed.h - 4
            spots = [placed.x + placed.w / 2 + at for at in ports_around(len(names), placed.step, names)]
            ports += [Text(x, y, name, small, "muted") for name, x in zip(names, spots, strict=True) if name]
            top, bottom = (top + small * 1.2, bottom) if on_top else (top, bottom - small * 1.2)
    tall = sum(line.size * 1.32 for line in placed.texts)
    y = (top + bottom - tall) / 2
    for place, line in enumerate(placed.texts):
        y += line.size * 1.32
        placed.texts[place] = replace(line, x=(left + right) / 2, y=y - line.size * 0.34)
    placed.texts += ports


def _ports_beside(placed: PlacedBox, names: tuple[str, ...], first: bool, small: float) -> Iterator[Text]:
    """The names of ports at the left side of a box, or at its right."""
    for name, at in zip(names, ports_around(len(names), placed.step, names), strict=True):
        if not name:
            continue
        x = placed.x + 5 if first else placed.x + placed.w - 5
        y = placed.y + placed.h / 2 + at + small * 0.35
        yield Text(x, y, name, small, "muted", "start" if first else "end")


def write_label(arrangement: Arrangement, measure: Measure, u: float, v: float, label: Label) -> None:
    """A shape beside its wire, right behind the box that gives it; the tokens in front as little tags."""
    (text, tags, kind), small = label, measure.theme.small
    if measure.flat:
        x, y = v + 4, u - 4
    else:
        x, y = u + 6, v - 6 if measure.options.direction == "BT" else v + 3 + small
    arrangement.texts.append(Text(x, y, text, small, kind, "start"))
    x += measure.words(text, small, "muted") + 4
    for tag in tags:
        wide = measure.words(tag, small - 1.5, "ink") + 6
        arrangement.tags.append((x, y - small + 1.2, wide, small + 1.6))
        arrangement.texts.append(Text(x + wide / 2, y - 0.8, tag, small - 1.5, "chip", "middle"))
        x += wide + 3
