"""Figure → TikZ: a picture to be \\input, its text in the document's own font, its parts named to be drawn upon."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from archspec.diagrams.figure import Circle, Figure, Group, Path, Primitive, Rect, Text
from archspec.diagrams.format import Format
from archspec.diagrams.layout import Point, Step, trace
from archspec.diagrams.look import paint
from archspec.errors import shown

if TYPE_CHECKING:
    from archspec.diagrams.picture import Picture

HEAD = """% archspec: a picture for \\input, between \\usepackage{tikz} and the end of the document
% every box is a scope whose name is its path: \\draw (stage1-embed.east) -- ++(1, 0) node {mine};
"""
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "×": r"$\times$", "→": r"$\to$", "·": r"$\cdot$", "…": r"\dots{}", "–": "--", "\N{NO-BREAK SPACE}": "~",
    "ᵀ": r"$^\top$",
    "₁": "$_1$", "₂": "$_2$", "₃": "$_3$", "₄": "$_4$", "₅": "$_5$", "₆": "$_6$", "₇": "$_7$", "₈": "$_8$", "₉": "$_9$",
}  # fmt: skip
"""What LaTeX would read as a command, and what its usual fonts lack."""
ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}


def write(picture: Picture) -> str:
    """The figure as a tikzpicture."""
    figure = picture.figure
    colours = dict.fromkeys(_colours(figure))
    names = {colour: f"archspec{number}" for number, colour in enumerate(colours, 1)}
    lines = [HEAD.rstrip()]
    lines += [f"\\definecolor{{{name}}}{{HTML}}{{{colour[1:].upper()}}}" for colour, name in names.items()]
    lines.append(f"\\begin{{tikzpicture}}[x={_number(figure.unit)}bp, y={_number(-figure.unit)}bp, inner sep=0pt]")
    lines.append(f"\\useasboundingbox (0, 0) rectangle ({_number(figure.width)}, {_number(figure.height)});")
    writer = _Writer(figure, names)
    lines += [line for item in figure.items for line in writer.lines(item, "")]
    return shown("\n".join([*lines, "\\end{tikzpicture}"])) + "\n"


def _colours(figure: Figure) -> Iterator[str]:
    """Every colour of the figure, in the order in which it is drawn."""
    for item in figure.items:
        outer, parts = (item.kind, item.items) if isinstance(item, Group) else ("", (item,))
        for part in parts:
            look = paint(figure.theme, part.kind, tag="text" if isinstance(part, Text) else "", outer=outer)
            fill = part.fill if isinstance(part, Rect) and part.fill else look.get("fill", "none")
            yield from (colour for colour in (fill, look.get("stroke", "none")) if colour != "none")


class _Writer:
    """Writes primitives; y goes down, as in the figure."""

    def __init__(self, figure: Figure, names: dict[str, str]) -> None:
        self.theme, self.unit, self.names = figure.theme, figure.unit, names

    def lines(self, item: Primitive, outer: str) -> Iterator[str]:
        """A primitive in a group of the classes `outer`."""
        match item:
            case Group(kind, items, _, path):
                parts = [line for part in items for line in self.lines(part, kind)]
                if path:
                    name = re.sub(r"[^A-Za-z0-9]+", "-", path).strip("-")
                    parts = [f"\\begin{{scope}}[local bounding box={name}]", *parts, "\\end{scope}"]
                yield from parts
            case Text(x, y, text, size, kind, anchor):
                fill = self.names[paint(self.theme, kind, tag="text")["fill"]]
                face = "\\bfseries" if kind == "bold" else ""
                points = size * self.unit
                font = f"\\fontsize{{{_number(points)}bp}}{{{_number(points * 1.2)}bp}}\\selectfont{face}"
                yield f"\\node[anchor={ANCHORS[anchor]}, text={fill}, font={font}] at {_at((x, y))} {{{latex(text)}}};"
            case Rect(kind, x, y, w, h, r, fill):
                corners = f", rounded corners={_number(min(r, w / 2, h / 2) * self.unit)}bp" if r else ""
                yield f"\\path[{self.brush(kind, outer, fill)}{corners}] {_at((x, y))} rectangle {_at((x + w, y + h))};"
            case Circle(kind, x, y, r):
                yield f"\\path[{self.brush(kind, outer)}] {_at((x, y))} circle[radius={_number(r * self.unit)}bp];"
            case Path(kind, steps, at):
                yield f"\\path[{self.brush(kind, outer)}] {_path(trace(steps), at or (0.0, 0.0))};"

    def brush(self, kind: str, outer: str, fill: str | None = None) -> str:
        """The colours, the width and the dashes of a kind, as TikZ has them."""
        look = paint(self.theme, kind, outer=outer)
        stroke, fill = look.get("stroke", "none"), fill or look.get("fill", "none")
        words = [f"fill={self.names[fill]}"] if fill != "none" else []
        if stroke != "none":
            wide = float(look.get("stroke-width", 1)) * self.unit
            words.append(f"draw={self.names[stroke]}, line width={_number(wide)}bp")
            if dash := look.get("stroke-dasharray"):
                on, off = (float(part) * self.unit for part in dash.split())
                words.append(f"dash pattern=on {_number(on)}bp off {_number(off)}bp")
        return ", ".join(words)


def _path(steps: Iterable[Step], at: Point) -> str:
    """A path whose steps are absolute, from `at`; a quadratic curve as the cubic one that it is."""
    words: list[str] = []
    pen = at
    for step, numbers in steps:
        points = [(at[0] + x, at[1] + y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
        match step:
            case "M":
                words.append(_at(points[0]))
            case "L":
                words.append(f"-- {_at(points[0])}")
            case "Q":
                corner, end = points
                one, other = (
                    (p[0] + (corner[0] - p[0]) * 2 / 3, p[1] + (corner[1] - p[1]) * 2 / 3) for p in (pen, end)
                )
                words.append(f".. controls {_at(one)} and {_at(other)} .. {_at(end)}")
            case "z":
                words.append("-- cycle")
        pen = points[-1] if points else pen
    return " ".join(words)


def latex(text: str) -> str:
    """Text as LaTeX sets it."""
    return "".join(_SPECIAL.get(char, char) for char in text)


def _at(point: Point) -> str:
    return f"({_number(point[0])}, {_number(point[1])})"


def _number(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


FORMAT = Format(write, suffixes=("tex",))
