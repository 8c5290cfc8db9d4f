"""Figure → SVG, written by hand: classes for every colour, dotted paths as ids, titles for what is hovered."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from archspec.diagrams.figure.figure import Drawn, Figure, Shown, Swatch, Text, cost_text, shape_text
from archspec.diagrams.layout.stroke import Point, corners, head, shorter
from archspec.diagrams.look.style import DARK, Theme, family
from archspec.diagrams.view.view import Box


def svg(figure: Figure, *, auto: bool = False, embed: str = "") -> str:
    """The picture as text. `auto` follows the reader's light or dark scheme; `embed` is CSS that brings the fonts."""
    theme = figure.options.theme
    w, h = _n(figure.width), _n(figure.height)
    scope = f"archspec-{'auto' if auto else theme.name}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="{scope}" width="{w}" height="{h}" '
        f'viewBox="0 0 {w} {h}" role="img">',
        f"<title>{escape(figure.options.title or 'architecture')}</title>",
        f"<style>{embed}{css(theme, scope)}",
    ]
    compared = any(shown.box.status for shown in figure.shown)
    lines[-1] += marks(theme, scope) * compared
    if auto:
        dark = css(DARK, scope, colours_only=True) + marks(DARK, scope) * compared
        lines[-1] += f"@media (prefers-color-scheme: dark){{{dark}}}"
    lines[-1] += "</style>"
    lines.append(f'<rect class="background" width="{w}" height="{h}"/>')
    lines += [_frame(shown) for shown in figure.shown if shown.kind == "frame"]
    lines += [_wire(drawn) for drawn in figure.drawn]
    lines += [_box(shown, figure) for shown in figure.shown if shown.kind != "frame"]
    lines += [_rect(x, y, w, h, 3, "tag") for x, y, w, h in figure.tags]
    lines += map(_swatch, figure.swatches)
    lines += [_text(text) for text in figure.texts]
    lines.append("</svg>")
    return "\n".join(lines) + "\n"


def css(theme: Theme, scope: str, colours_only: bool = False) -> str:
    """The theme as rules under one class, so that pictures of two themes may stand in one page."""
    rules = [
        ("text", f"fill:{theme.ink}"),
        ("text.muted", f"fill:{theme.muted}"),
        (".background", f"fill:{theme.background}"),
        (".wire", f"fill:none;stroke:{theme.line}"),
        (".head", f"fill:{theme.line}"),
        (".frame", f"stroke:{theme.frame}"),
        (".sum", f"fill:{theme.background};stroke:{theme.line}"),
        (".plus", f"stroke:{theme.line}"),
        (".pill", f"fill:{theme.background};stroke:{theme.line}"),
        (".tag", f"fill:{theme.fills['token']};stroke:{theme.strokes['token']}"),
        *((f".depth{depth}", f"fill:{fill}") for depth, fill in enumerate(theme.frames)),
        *((f".{name}", f"fill:{theme.fills[name]};stroke:{theme.strokes[name]}") for name in theme.fills),
    ]
    if not colours_only:
        rules += [
            ("text", f"font-family:{theme.family},{theme.fallback};stroke:none"),
            ("text.bold", f"font-weight:{theme.weight}"),
            (".box", f"stroke-width:{theme.stroke:g}"),
            (".pill,.sum,.plus,.wire", f"stroke-width:{theme.stroke:g}"),
            (".wire", "stroke-linejoin:round"),
            (".train,.shared", "stroke-dasharray:5 3"),
            (".frame", "stroke-width:1"),
            (".tag", "stroke-width:0.7"),
            (".swatch", "stroke-width:0.9"),
        ]
    return _rules(rules, scope)


def marks(theme: Theme, scope: str) -> str:
    """Rules for what is added, removed or changed; each has a sign too, so that none hangs on colour alone."""
    rules = [
        *((f".{status}>.mark,.wire.{status}", f"stroke:{colour}") for status, colour in theme.marks.items()),
        *((f".{status}>.badge", f"fill:{colour}") for status, colour in theme.marks.items()),
        (".mark", "fill:none;stroke-width:2.4"),
        (".sign", f"fill:none;stroke:{theme.background};stroke-width:1.8;stroke-linecap:round"),
        (".removed>.mark,.wire.removed", "stroke-dasharray:5 3"),
    ]
    return _rules(rules, scope)


def _rules(rules: list[tuple[str, str]], scope: str) -> str:
    return "".join(
        ",".join(f".{scope} {part}" for part in selector.split(",")) + f"{{{rule}}}" for selector, rule in rules
    )


SIGNS = {"added": "M-4 0h8M0 -4v8", "removed": "M-4 0h8", "changed": "M-4 1.2q2 -3 4 -1t4 -1.2"}


def _mark(shown: Shown, radius: float) -> str:
    """An outline, and a sign at the corner, of what is added, removed or changed."""
    if not shown.box.status:
        return ""
    x, y = shown.x + shown.w, shown.y
    return (
        _rect(shown.x, shown.y, shown.w, shown.h, radius, "mark")
        + f'<circle class="badge" cx="{_n(x)}" cy="{_n(y)}" r="7.5"/>'
        + f'<path class="sign" transform="translate({_n(x)} {_n(y)})" d="{SIGNS[shown.box.status]}"/>'
    )


def _frame(shown: Shown) -> str:
    shared = " shared" if shown.box.node and shown.box.node.share else ""
    rect = _rect(shown.x, shown.y, shown.w, shown.h, 8, f"frame depth{shown.depth % 4}{shared}")
    return _group(shown.box, rect + "".join(map(_text, shown.texts)) + _mark(shown, 8), "composite")


def _box(shown: Shown, figure: Figure) -> str:
    x, y, w, h, box = shown.x, shown.y, shown.w, shown.h, shown.box
    shared = " shared" if box.node and box.node.share else ""
    if shown.kind == "sum":
        cx, cy, r = x + w / 2, y + h / 2, w / 2
        inside = f'<circle class="sum" cx="{_n(cx)}" cy="{_n(cy)}" r="{_n(r)}"/>'
        inside += f'<path class="plus" d="M{_n(cx - r / 2)} {_n(cy)}h{_n(r)}M{_n(cx)} {_n(cy - r / 2)}v{_n(r)}"/>'
    elif shown.kind == "pill":
        inside = _rect(x, y, w, h, min(w, h) / 2, f"pill {box.mode}".strip())
    else:
        inside = ""
        theme = figure.options.theme
        if box.times > 1:
            inside += _rect(x + 4, y + 4, w, h, theme.radius, f"box behind {family(box.role)}", shown.fill)
        inside += _rect(x, y, w, h, theme.radius, f"box {family(box.role)}{shared}", shown.fill)
    radius = {"sum": w / 2, "pill": min(w, h) / 2}.get(shown.kind, figure.options.theme.radius)
    return _group(box, inside + "".join(map(_text, shown.texts)) + _mark(shown, radius), "node")


def _group(box: Box, inside: str, kind: str) -> str:
    path = quoteattr(box.path)
    kind += f" {box.status}" * bool(box.status)
    return f'<g id={path} class="{kind}" data-path={path}><title>{escape(about(box))}</title>{inside}</g>'


def about(box: Box) -> str:
    """What is said of a box that is hovered: path, block, shapes, cost, place in the file."""
    lines = [box.path]
    if box.node:
        node = box.node
        lines.append(box.label + (f" ×{box.times}" if box.times > 1 else ""))
        lines.append(", ".join(shape_text(shape) for shape in node.outputs))
        lines.append(cost_text(box.cost, ("params", "macs")))
        if node.mark:
            lines.append(f"line {node.mark.line}")
    return "\n".join(line for line in lines if line)


def _wire(drawn: Drawn) -> str:
    mode = f" {drawn.wire.mode}" if drawn.wire.mode else ""
    ends = f"{drawn.source}:{drawn.wire.out}", f"{drawn.target}:{drawn.wire.into}"
    place = f"data-from={quoteattr(ends[0])} data-to={quoteattr(ends[1])}"
    inside = f"<title>{escape(shape_text(drawn.wire.shape))}</title>"
    inside += f'<path class="wire{mode}" d="{_rounded(shorter(drawn.points) if drawn.head else drawn.points)}"/>'
    if drawn.head:
        inside += f'<path class="head" d="M{"L".join(map(_point, head(drawn.points)))}z"/>'
    return f'<g class="edge" {place}>{inside}</g>'


def _rounded(points: list[Point]) -> str:
    """A line whose corners are rounded."""
    turns = "".join(f"L{_point(start)}Q{_point(corner)} {_point(end)}" for start, corner, end in corners(points))
    return f"M{_point(points[0])}{turns}L{_point(points[-1])}"


def _point(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _swatch(swatch: Swatch) -> str:
    if swatch.look == "line":
        return f'<path class="wire train" d="M{_n(swatch.x)} {_n(swatch.y + 5)}h18"/>'
    return _rect(swatch.x, swatch.y, 10, 10, 2, f"swatch {swatch.look}", swatch.fill)


def _rect(x: float, y: float, w: float, h: float, r: float, classes: str, fill: str | None = None) -> str:
    style = f' style="fill:{fill}"' if fill else ""
    return f'<rect class="{classes}" x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}" rx="{_n(r)}"{style}/>'


def _text(text: Text) -> str:
    kind = f' class="{text.kind}"' if text.kind != "ink" else ""
    return (
        f'<text{kind} x="{_n(text.x)}" y="{_n(text.y)}" font-size="{_n(text.size)}" text-anchor="{text.anchor}">'
        f"{escape(text.text)}</text>"
    )


def _n(value: float) -> str:
    """A coordinate: two digits behind the point, no more than needed."""
    return (
        f"{value:.2f}".rstrip("0").rstrip(".").replace("-0", "0")
        if abs(value) < 0.005
        else f"{value:.2f}".rstrip("0").rstrip(".")
    )
