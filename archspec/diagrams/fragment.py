"""Picture → a piece of a page: no ids that another picture or a heading has too, no wider than its column."""

from __future__ import annotations

import re

from archspec.diagrams.look import DARK, LIGHT, css
from archspec.diagrams.picture import Picture

_COLOUR = re.compile(r"#[0-9a-f]{6}")


def inline(picture: Picture) -> str:
    """The SVG for a page. One of the theme `auto` stands on the ground of the page, light or dark."""
    text = re.sub(r'(?<=<g )id="[^"]*" ', "", picture.svg)
    text = text.replace("<svg ", '<svg style="max-width:100%;height:auto" ', 1)
    if picture.auto:
        text = re.sub(r'<rect class="background"[^>]*/>\n', "", text, count=1)
        text = re.sub(r"@media \(prefers-color-scheme: dark\).*?(?=</style>)", lambda _: following(), text, count=1)
    return re.sub(r">\n", ">", text).replace("\n", "&#10;")  # one line: a page's own syntax does not look into it


def following() -> str:
    """Colours by the `color-scheme` that the page, or a part of it, is in; older browsers keep the light ones."""
    dark = iter(_COLOUR.findall(css(DARK, "archspec-auto", colours_only=True)))
    both = _COLOUR.sub(
        lambda light: f"light-dark({light[0]},{next(dark)})", css(LIGHT, "archspec-auto", colours_only=True)
    )
    return f"@supports (color:light-dark(red,red)){{{both}}}"
