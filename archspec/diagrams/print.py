"""How large a figure is in print: as large as its room lets it be, in letters that can be read."""

from __future__ import annotations

import math
import re

from archspec.diagrams.error import RenderError
from archspec.diagrams.figure import Figure
from archspec.diagrams.options import Options

UNITS = {"pt": 1.0, "mm": 72 / 25.4, "cm": 720 / 25.4, "in": 72.0}
NAMES = {"columnwidth": 85 * UNITS["mm"], "textwidth": 178 * UNITS["mm"]}
"""Of a paper in two columns, in points: 85 mm and 178 mm."""
BODY = 10.0
"""Points of a paper's text: a figure's is not larger."""
_LENGTH = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(pt|mm|cm|in)")


def points(length: str | None, option: str) -> float | None:
    """A length as `85mm` in points. Raises RenderError where it is none."""
    if length is None or length in NAMES:
        return NAMES.get(length or "")
    match = _LENGTH.fullmatch(length)
    if not match or not float(match[1]):
        help = f"a number above 0 with {', '.join(UNITS)}; or {' or '.join(NAMES)}"
        raise RenderError(f"{option} takes a length such as 85mm, got {length}", help=help)
    return float(match[1]) * UNITS[match[2]]


def unit(figure: Figure, options: Options) -> float:
    """How many points a unit of the figure is in print. Raises RenderError where its letters would be too small."""
    room = [(options.width, figure.width), (options.height, figure.height)]
    scales = [limit / size for limit, size in room if limit]
    scale = min([*scales, BODY / options.theme.size]) if scales else 1.0
    smallest = min((text.size for text in figure.words()), default=math.inf)
    if options.least and smallest * scale < options.least - 1e-9:
        message = f"its smallest letters would be {smallest * scale:.1f}pt, less than {options.least:g}pt"
        raise RenderError(
            message, help="draw less: a smaller --depth, --collapse or --root PATH, --direction, --shapes"
        )
    return scale
