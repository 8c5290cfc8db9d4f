"""SVG → PNG with resvg, and with the bundled fonts only, so that a picture is the same on every machine."""

from __future__ import annotations

from archspec.render.error import RenderError
from archspec.render.text import FONTS


def png(svg: str, *, scale: float = 2.0, system_fonts: bool = False) -> bytes:
    """The picture's pixels, `scale` to a unit of the SVG. `system_fonts` serve characters that ours lack."""
    try:
        import resvg_py
    except ImportError:
        raise RenderError(
            "PNG needs the package resvg-py", help="pip install 'archspec[diagram]', or save an .svg"
        ) from None
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            dpi=96,
            zoom=scale,
            skip_system_fonts=not system_fonts,
            font_files=[str(file) for file in sorted(FONTS.glob("*.ttf"))],
        )
    )
