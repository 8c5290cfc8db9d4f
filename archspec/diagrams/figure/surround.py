"""What stands around a figure: title, legend and caption, centred over its main line."""

from __future__ import annotations

from dataclasses import replace

from archspec.diagrams.figure.legend import centre, legend
from archspec.diagrams.figure.placed import Arrangement
from archspec.diagrams.figure.primitive import Text
from archspec.diagrams.look import balance, width


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
    x = centre(axis, wide, [width(line, theme.size + 2, theme.bold) for line in title])
    for place, line in enumerate(title, 1):
        placed.texts.append(Text(x, place * (theme.size + 2) * 1.3 - 4, line, theme.size + 2, "bold"))
    y += placed.height
    if options.legend:
        y = legend(placed, wide, axis, y + 16)
    x = centre(axis, wide, [width(line, theme.small, theme.regular) for line in caption])
    y += 8 * bool(caption)
    for line in caption:
        y += theme.small * 1.4
        placed.texts.append(Text(x, y, line, theme.small, "muted"))
    y += 4 * bool(caption)
    placed.width, placed.height = wide, y
    _shift(placed, margin, margin)
    placed.width, placed.height = placed.width + 2 * margin, placed.height + 2 * margin


def _shift(placed: Arrangement, dx: float, dy: float) -> None:
    for item in placed.boxes:
        item.x, item.y = item.x + dx, item.y + dy
        item.texts = [replace(text, x=text.x + dx, y=text.y + dy) for text in item.texts]
    for wire in placed.wires:
        wire.points = [(x + dx, y + dy) for x, y in wire.points]
    placed.texts = [replace(text, x=text.x + dx, y=text.y + dy) for text in placed.texts]
    placed.tags = [(x + dx, y + dy, w, h) for x, y, w, h in placed.tags]
    placed.swatches = [replace(s, x=s.x + dx, y=s.y + dy) for s in placed.swatches]
