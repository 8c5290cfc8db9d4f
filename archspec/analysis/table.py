"""The one writer of tables: rows as aligned text, as Markdown and as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

FORMATS = ("text", "md", "csv")
Side = Literal["left", "right"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, the side its cells keep to, and the cell below the heading in Markdown."""

    heading: str
    side: Side = "left"
    ruler: str = ""  # by default what `side` asks for

    def markdown_ruler(self) -> str:
        return self.ruler or ("---:" if self.side == "right" else "---")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under headings, a title above and notes below; each row has a cell for every column."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    title: str | None = None
    notes: tuple[str, ...] = ()

    def render(self, format: str) -> str:
        """The table in one of FORMATS: `text`, `md` or `csv`."""
        return {"md": self.markdown, "csv": self.csv}.get(format, self.text)()

    def text(self) -> str:
        """Columns under each other; a table without rows is its title and notes."""
        titles = [] if self.title is None else [self.title]
        rows = [self._headings(), *self.rows] if self.rows else []
        return _paragraphs(titles, aligned(rows, [column.side for column in self.columns]), self.notes)

    def markdown(self) -> str:
        """A Markdown table; spaces at the start of a row's first cell are kept as `&nbsp;`."""
        titles = [] if self.title is None else [f"**{self.title}**"]
        ruler = f"|{'|'.join(column.markdown_ruler() for column in self.columns)}|"
        lines = [_markdown_row(self._headings()), ruler, *map(_markdown_row, self.rows)]
        return _paragraphs(titles, lines, self.notes)

    def csv(self) -> str:
        """Headings and rows alone, as comma-separated values; None is an empty cell."""
        import csv
        import io

        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerows([self._headings(), *self.rows])
        return out.getvalue()

    def _headings(self) -> tuple[str, ...]:
        return tuple(column.heading for column in self.columns)


def aligned(
    rows: Iterable[Sequence[Any]], sides: Sequence[Side] = (), *, indent: str = "", widest: int | None = None
) -> Iterator[str]:
    """Rows as lines, their cells padded to columns; shorter rows end early, trailing spaces are cut.

    Columns without a side are left-aligned. A column is never padded beyond `widest` characters.
    """
    cells = [[str(cell) for cell in row] for row in rows]
    count = max(map(len, cells), default=0)
    widths = [max(len(row[place]) for row in cells if place < len(row)) for place in range(count)]
    widths = [width if widest is None else min(width, widest) for width in widths]
    is_right = [place < len(sides) and sides[place] == "right" for place in range(count)]
    for row in cells:
        padded = (cell.rjust(width) if right else cell.ljust(width)
                  for cell, width, right in zip(row, widths, is_right, strict=False))  # fmt: skip
        yield f"{indent}{'  '.join(padded)}".rstrip()


def _markdown_row(row: Sequence[Any]) -> str:
    first, *others = map(str, row)
    bare = first.lstrip(" ")
    return f"| {' | '.join(['&nbsp;' * (len(first) - len(bare)) + bare, *others])} |"


def _paragraphs(*parts: Iterable[str]) -> str:
    """Lists of lines with an empty line between them; an empty list leaves no trace."""
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part))) + "\n"
