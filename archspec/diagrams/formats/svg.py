"""Figure → SVG, written by hand: classes for every colour, dotted paths as ids, titles for what is hovered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from archspec.diagrams.figure import Circle, Figure, Group, Path, Primitive, Rect, Text
from archspec.diagrams.format import Format
from archspec.diagrams.layout import Step
from archspec.diagrams.look import DARK, css
from archspec.errors import shown

if TYPE_CHECKING:
    from archspec.diagrams.picture import Picture


def write(picture: Picture) -> str:
    """The picture, or the one that its reader's scheme asks for."""
    return svg(picture.figure, auto=picture.auto)


def svg(figure: Figure, *, auto: bool = False) -> str:
    """The figure as text. `auto` follows the reader's light or dark scheme."""
    w, h = _number(figure.width), _number(figure.height)
    scope = f"archspec-{'auto' if auto else figure.theme.name}"
    style = css(figure.theme, scope, compared=figure.compared)
    if auto:
        dark = css(DARK, scope, colours_only=True, compared=figure.compared)
        style += f"@media (prefers-color-scheme: dark){{{dark}}}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{scope}" {_printed(figure, w, h)} '
        f'viewBox="0 0 {w} {h}" role="img">',
        f"<title>{escape(figure.title or 'architecture')}</title>",
        f"<style>{style}</style>",
        f'<rect class="background" width="{w}" height="{h}"/>',
        *map(element, figure.items),
        "</svg>",
    ]
    return shown("\n".join(lines)) + "\n"  # a control character is no XML


def _printed(figure: Figure, w: str, h: str) -> str:
    """Its size on a page: in points where it has one in print."""
    if figure.unit == 1.0:
        return f'width="{w}" height="{h}"'
    return f'width="{_number(figure.width * figure.unit)}pt" height="{_number(figure.height * figure.unit)}pt"'


def element(item: Primitive) -> str:
    """A primitive as markup."""
    match item:
        case Group():
            return _group(item)
        case Text():
            return _text(item)
        case Rect(kind, x, y, w, h, r, fill):
            style = f' style="fill:{fill}"' if fill else ""
            place = f'x="{_number(x)}" y="{_number(y)}" width="{_number(w)}" height="{_number(h)}" rx="{_number(r)}"'
            return f'<rect class="{kind}" {place}{style}/>'
        case Circle(kind, x, y, r):
            return f'<circle class="{kind}" cx="{_number(x)}" cy="{_number(y)}" r="{_number(r)}"/>'
        case Path(kind, steps, at):
            moved = f' transform="translate({_number(at[0])} {_number(at[1])})"' if at else ""
            return f'<path class="{kind}"{moved} d="{path(steps)}"/>'


def _group(group: Group) -> str:
    name = quoteattr(group.path)
    opening = f'<g class="{group.kind}">'
    if group.path:
        opening = f'<g id={name} class="{group.kind}" data-path={name}>'
    elif any(group.ends):
        opening = f'<g class="{group.kind}" data-from={quoteattr(group.ends[0])} data-to={quoteattr(group.ends[1])}>'
    title = f"<title>{escape(group.title)}</title>" if group.title else ""
    return f"{opening}{title}{''.join(map(element, group.items))}</g>"


def _text(text: Text) -> str:
    kind = f' class="{text.kind}"' if text.kind != "ink" else ""
    place = f'x="{_number(text.x)}" y="{_number(text.y)}" font-size="{_number(text.size)}"'
    return f'<text{kind} {place} text-anchor="{text.anchor}">{escape(text.text)}</text>'


def path(steps: Iterable[Step]) -> str:
    """Steps as the `d` of a path."""
    return "".join(step + " ".join(map(_number, at)) for step, at in steps)


def _number(value: float) -> str:
    """A coordinate: two digits behind the point, no more than needed."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return text.replace("-0", "0") if abs(value) < 0.005 else text


FORMAT = Format(write)
