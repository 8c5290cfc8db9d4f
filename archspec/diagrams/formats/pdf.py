"""Figure → PDF with reportlab: vector shapes, text that can be selected, the bundled fonts embedded."""

from __future__ import annotations

import io
from typing import Any

from archspec.diagrams.error import RenderError
from archspec.diagrams.figure.figure import Figure, Shown, Text
from archspec.diagrams.layout.stroke import Point, corners, head, shorter
from archspec.diagrams.look.style import Theme, family
from archspec.diagrams.look.text import FONTS


def pdf(figure: Figure) -> bytes:
    """The picture on one page of its own size, a unit to a point."""
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
    canvas = Canvas(out, pagesize=(figure.width, figure.height), invariant=1, initialFontSize=12)
    canvas.setTitle(figure.options.title or "architecture")
    canvas.setCreator("archspec")
    canvas.translate(0, figure.height)
    canvas.scale(1, -1)
    _Page(canvas, figure.options.theme).draw(figure)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


class _Page:
    def __init__(self, canvas: Any, theme: Theme) -> None:
        from reportlab.lib.colors import HexColor
        from reportlab.pdfbase.pdfmetrics import registerFont
        from reportlab.pdfbase.ttfonts import TTFont

        self.canvas, self.theme, self.colour = canvas, theme, HexColor
        for face in (theme.regular, theme.bold):
            registerFont(TTFont(face, FONTS / f"{face}.ttf"))

    def draw(self, figure: Figure) -> None:
        theme = self.theme
        self.rect(0, 0, figure.width, figure.height, 0, theme.background, None)
        for shown in figure.shown:
            if shown.kind == "frame":
                dash = bool(shown.box.node and shown.box.node.share)
                fill = theme.frames[shown.depth % 4]
                self.rect(shown.x, shown.y, shown.w, shown.h, 8, fill, theme.frame, 1, dash)
                self.words(shown.texts)
        for drawn in figure.drawn:
            self.line(shorter(drawn.points) if drawn.head else drawn.points, drawn.wire.mode == "train")
            if drawn.head:
                self.polygon(head(drawn.points))
        for shown in figure.shown:
            if shown.kind != "frame":
                self.box(shown)
        for x, y, w, h in figure.tags:
            self.rect(x, y, w, h, 3, theme.fills["token"], theme.strokes["token"], 0.7)
        for swatch in figure.swatches:
            x, y, look = swatch.x, swatch.y, swatch.look
            if look == "line":
                self.line([(x, y + 5), (x + 18, y + 5)], dash=True)
            else:
                self.rect(x, y, 10, 10, 2, swatch.fill or theme.fills[look], theme.strokes[look], 0.9)
        self.words(figure.texts)

    def box(self, shown: Shown) -> None:
        theme, box = self.theme, shown.box
        x, y, w, h = shown.x, shown.y, shown.w, shown.h
        if shown.kind == "box":
            look = family(box.role)
            fill, stroke = shown.fill or theme.fills[look], theme.strokes[look]
            if box.times > 1:
                self.rect(x + 4, y + 4, w, h, theme.radius, fill, stroke, theme.stroke)
            self.rect(x, y, w, h, theme.radius, fill, stroke, theme.stroke, bool(box.node and box.node.share))
        else:
            dash = box.mode == "train"
            self.rect(x, y, w, h, min(w, h) / 2, theme.background, theme.line, theme.stroke, dash)
        if shown.kind == "sum":
            middle, r = (x + w / 2, y + h / 2), w / 4
            self.line([(middle[0] - r, middle[1]), (middle[0] + r, middle[1])])
            self.line([(middle[0], middle[1] - r), (middle[0], middle[1] + r)])
        self.words(shown.texts)

    def rect(
        self, x: float, y: float, w: float, h: float, r: float, fill: str, stroke: str | None,
        width: float = 1.0, dash: bool = False,
    ) -> None:  # fmt: skip
        self.canvas.setFillColor(self.colour(fill))
        self.canvas.setStrokeColor(self.colour(stroke or fill))
        self.canvas.setLineWidth(width)
        self.canvas.setDash(*((5, 3) if dash else ()))
        self.canvas.roundRect(x, y, w, h, r, stroke=int(stroke is not None), fill=1)
        self.canvas.setDash()

    def line(self, points: list[Point], dash: bool = False) -> None:
        self.canvas.setStrokeColor(self.colour(self.theme.line))
        self.canvas.setLineWidth(self.theme.stroke)
        self.canvas.setDash(*((5, 3) if dash else ()))
        path = self.canvas.beginPath()
        path.moveTo(*points[0])
        for start, corner, end in corners(points):
            path.lineTo(*start)
            path.curveTo(*_towards(start, corner), *_towards(end, corner), *end)
        path.lineTo(*points[-1])
        self.canvas.drawPath(path, stroke=1, fill=0)
        self.canvas.setDash()

    def polygon(self, points: list[Point]) -> None:
        self.canvas.setFillColor(self.colour(self.theme.line))
        path = self.canvas.beginPath()
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        path.close()
        self.canvas.drawPath(path, stroke=0, fill=1)

    def words(self, texts: list[Text]) -> None:
        for text in texts:
            face = self.theme.bold if text.kind == "bold" else self.theme.regular
            self.canvas.setFillColor(self.colour(self.theme.muted if text.kind == "muted" else self.theme.ink))
            self.canvas.saveState()
            self.canvas.translate(text.x, text.y)
            self.canvas.scale(1, -1)
            self.canvas.setFont(face, text.size)
            draw = {"start": "drawString", "middle": "drawCentredString", "end": "drawRightString"}[text.anchor]
            getattr(self.canvas, draw)(0, 0, text.text)
            self.canvas.restoreState()


def _towards(a: Point, b: Point) -> Point:
    """The control point of a cubic curve that is the quadratic one with its control point at `b`."""
    return a[0] + (b[0] - a[0]) * 2 / 3, a[1] + (b[1] - a[1]) * 2 / 3
