"""Character offsets of a text ⇄ lines and columns."""

from __future__ import annotations

import re
from bisect import bisect_right

from archspec.errors import Mark, Source


class Positions:
    """The lines of a source. Offsets count characters from 0; lines and columns count from 1."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._starts = [0, *(match.end() for match in re.finditer("\n", source.text))]

    def place(self, offset: int) -> tuple[int, int]:
        """The line and the column of an offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def mark(self, start: int, end: int) -> Mark:
        """The stretch from `start` to `end` (exclusive), without the white space at its end."""
        text = self.source.text
        while end > start and text[end - 1].isspace():
            end -= 1
        return Mark(self.source, *self.place(start), *self.place(end))

    def offset(self, mark: Mark) -> int:
        """The offset at which a mark begins."""
        return self._starts[mark.line - 1] + mark.column - 1

    def line_up_to(self, offset: int) -> str:
        """The text of a line from its beginning to an offset (inclusive)."""
        return self.source.text[self._starts[self.place(offset)[0] - 1] : offset + 1]

    def start(self, line: int) -> int:
        """The offset at which a line begins."""
        return self._starts[line - 1]

    def indentation(self, offset: int) -> int:
        """By how many spaces the line of an offset is indented."""
        start, text = self._starts[self.place(offset)[0] - 1], self.source.text
        end = start
        while text[end : end + 1] == " ":
            end += 1
        return end - start
