"""SVG → PNG with resvg, and with the bundled fonts, so that a picture is the same on every machine."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archspec.diagrams.error import RenderError
from archspec.diagrams.format import EVERYTHING, Format
from archspec.diagrams.formats.svg import svg
from archspec.diagrams.look import FONTS

if TYPE_CHECKING:
    from archspec.diagrams.picture import Picture


MOST_PIXELS = 2**26
"""Four bytes each, and some copies of them."""


def write(picture: Picture) -> bytes:
    """The pixels of the figure; a theme that follows its reader is light."""
    figure, scale = picture.figure, picture.scale
    w, h = round(figure.width * scale), round(figure.height * scale)
    if not (w and h and w * h <= MOST_PIXELS):
        message = f"at a scale of {scale:g} the PNG would have {w:,}×{h:,} pixels"
        raise RenderError(message, help=f"at least one, at most {MOST_PIXELS:,}: another --scale, or an .svg")
    return png(svg(replace(figure, unit=1.0)), scale=scale, lacking=figure.lacking())


def png(svg: str, *, scale: float = 2.0, lacking: str = "") -> bytes:
    """The picture's pixels, `scale` to a unit of the SVG. What our fonts lack is drawn in this machine's."""
    try:
        import resvg_py
    except ImportError:
        message = "PNG needs the package resvg-py"
        raise RenderError(message, help="pip install 'archspec[diagram]', or save an .svg") from None
    if lost := "".join(char for char in lacking if _draw(resvg_py, _one(char)) == _draw(resvg_py, _one(NOTHING))):
        warnings.warn(f"no font on this machine has {lost}, so the PNG shows boxes for it", stacklevel=2)
    return _draw(resvg_py, svg, scale, system=bool(lacking))


NOTHING = chr(0x10FFFD)
"""A character that no font has."""


def _draw(resvg: Any, svg: str, scale: float = 1.0, system: bool = True) -> bytes:
    files = [str(file) for file in sorted(FONTS.glob("*.ttf"))]
    return bytes(resvg.svg_to_bytes(svg_string=svg, dpi=96, zoom=scale, skip_system_fonts=not system, font_files=files))


def _one(char: str) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20">'
        f'<text x="2" y="16" font-family="Inter" font-size="16">{char}</text></svg>'
    )


FORMAT = Format(write, EVERYTHING, text=False)
