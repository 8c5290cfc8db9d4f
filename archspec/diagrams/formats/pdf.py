"""Figure → PDF with reportlab: vector shapes, text that can be selected, the bundled fonts embedded."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from archspec.diagrams.error import RenderError
from archspec.diagrams.figure import Circle, Figure, Group, Path, Primitive, Rect, Text
from archspec.diagrams.format import Format
from archspec.diagrams.layout import Point, Step, trace
from archspec.diagrams.look import FONTS, Theme, paint

if TYPE_CHECKING:
    from archspec.diagrams.picture import Picture


def write(picture: Picture) -> bytes:
    """The figure on one page of its own size."""
    figure = picture.figure
    try:
        from reportlab.pdfgen.canvas import Canvas
    except ImportError:
        raise RenderError(
            "PDF needs the package reportlab", help="pip install 'archspec[diagram]', or save an .svg"
        ) from None
    if missing := figure.lacking():
        raise RenderError(
            f"the bundled fonts have no glyph for {missing}, so a PDF would lose it",
            help="save an .svg, which uses the reader's fonts, or a .png, which uses this machine's",
        )
    out = io.BytesIO()
    _register(figure.theme)  # the font that a page begins with is in the file, drawn or not: no foreign one
    size = (figure.width * figure.unit, figure.height * figure.unit)
    canvas = Canvas(out, pagesize=size, invariant=1, initialFontName=figure.theme.regular, initialFontSize=12)
    canvas.setTitle(figure.title or "architecture")
    canvas.setCreator("archspec")
    canvas.translate(0, size[1])
    canvas.scale(figure.unit, -figure.unit)
    _Page(canvas, figure.theme).draw(figure)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _register(theme: Theme) -> None:
    """Make the theme's fonts known to reportlab."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFont

    for face in (theme.regular, theme.bold):
        registerFont(TTFont(face, FONTS / f"{face}.ttf"))


class _Page:
    """Writes primitives; the page is turned so that y goes down."""

    def __init__(self, canvas: Any, theme: Theme) -> None:
        from reportlab.lib.colors import HexColor

        self.canvas, self.theme, self.colour = canvas, theme, HexColor

    def draw(self, figure: Figure) -> None:
        """The background, and everything on it."""
        self.item(Rect("background", 0, 0, figure.width, figure.height, 0), "")
        for item in figure.items:
            self.item(item, "")

    def item(self, item: Primitive, outer: str) -> None:
        """A primitive in a group of the classes `outer`."""
        match item:
            case Group(kind, items):
                for part in items:
                    self.item(part, kind)
            case Text():
                self.text(item)
            case Rect(kind, x, y, w, h, r, fill):
                self.canvas.roundRect(x, y, w, h, r, **self.brush(kind, outer, fill))
                self.canvas.setDash()
            case Circle(kind, x, y, r):
                self.canvas.circle(x, y, r, **self.brush(kind, outer))
            case Path(kind, steps, at):
                self.path(trace(steps), at or (0.0, 0.0), self.brush(kind, outer))

    def brush(self, kind: str, outer: str, fill: str | None = None) -> dict[str, int]:
        """Take the colours, the width and the dashes of a kind; gives whether there is a stroke and a fill."""
        look = paint(self.theme, kind, outer=outer)
        stroke, fill = look.get("stroke", "none"), fill or look.get("fill", "none")
        if fill != "none":
            self.canvas.setFillColor(self.colour(fill))
        if stroke != "none":
            self.canvas.setStrokeColor(self.colour(stroke))
        self.canvas.setLineWidth(float(look.get("stroke-width", 1)))
        self.canvas.setLineCap(int(look.get("stroke-linecap") == "round"))
        self.canvas.setDash(*map(float, look.get("stroke-dasharray", "").split()))
        return {"stroke": int(stroke != "none"), "fill": int(fill != "none")}

    def path(self, steps: Iterable[Step], at: Point, brush: dict[str, int]) -> None:
        """A path whose steps are absolute, from `at`."""
        path, pen = self.canvas.beginPath(), at
        for step, numbers in steps:
            points = [(at[0] + x, at[1] + y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
            match step:
                case "M":
                    path.moveTo(*points[0])
                case "L":
                    path.lineTo(*points[0])
                case "Q":
                    corner, end = points
                    path.curveTo(*_towards(pen, corner), *_towards(end, corner), *end)
                case "z":
                    path.close()
            pen = points[-1] if points else pen
        self.canvas.drawPath(path, **brush)
        self.canvas.setDash()

    def text(self, text: Text) -> None:
        """A line of text, turned back."""
        self.canvas.setFillColor(self.colour(paint(self.theme, text.kind, tag="text")["fill"]))
        self.canvas.saveState()
        self.canvas.translate(text.x, text.y)
        self.canvas.scale(1, -1)
        self.canvas.setFont(self.theme.bold if text.kind == "bold" else self.theme.regular, text.size)
        draw = {"start": "drawString", "middle": "drawCentredString", "end": "drawRightString"}[text.anchor]
        getattr(self.canvas, draw)(0, 0, text.text)
        self.canvas.restoreState()


def _towards(a: Point, b: Point) -> Point:
    """The control point of a cubic curve that is the quadratic one with its control point at `b`."""
    return a[0] + (b[0] - a[0]) * 2 / 3, a[1] + (b[1] - a[1]) * 2 / 3


FORMAT = Format(write, text=False)
