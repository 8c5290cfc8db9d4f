"""What an explanation is: a value, the places that set it, and the explanations of what its expression reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from archspec.errors import Mark
from archspec.language.explain.value import as_json, short

MOST_LEVELS = 30


@dataclass(frozen=True, slots=True)
class Setting:
    """One place that sets a value: the text there, its dotted address in that document, and its mark."""

    text: str
    address: str
    mark: Mark

    def json(self) -> dict[str, Any]:
        """The place as plain data."""
        mark = self.mark
        return {
            "text": self.text,
            "path": self.address,
            "file": mark.source.name,
            "line": mark.line,
            "column": mark.column,
        }


@dataclass(frozen=True, eq=False)
class Explanation:
    """A value, the places that set it – the last one counts –, and the values that its expression reads.

    A value that is read more than once is one Explanation, and written out once: as near to the top as it can be.
    """

    path: str
    value: Any
    places: tuple[Setting, ...] = ()
    default: str | None = None  # whose default it is, where no place sets it
    doc: str | None = None
    reader: Callable[[], tuple[Explanation, ...]] | None = field(default=None, repr=False)
    """Explains what the expression reads."""
    parts: tuple[Explanation, ...] = ()  # of a mapping: one for each key

    @cached_property
    def reads(self) -> tuple[Explanation, ...]:
        """The values that the expression reads."""
        return self.reader() if self.reader else ()

    def follow(self) -> dict[int, Explanation | None]:
        """Follow all reads, level by level; by an explanation's identity, the one below which it is written out."""
        homes: dict[int, Explanation | None] = {id(self): None}
        level: list[Explanation] = [self]
        for _ in range(MOST_LEVELS):
            below: list[Explanation] = []
            for outer in level:  # which grows
                for inners, place in ((outer.parts, level), (outer.reads, below)):
                    fresh = [inner for inner in inners if homes.setdefault(id(inner), outer) is outer]
                    place += fresh
            level = below
        for last in level:
            del homes[id(last)]
        return homes

    def json(self) -> dict[str, Any]:
        """The explanation as plain data; a value that is written out elsewhere, or too far down, has no reads here."""
        return self._json(self.follow(), True)

    def _json(self, homes: dict[int, Explanation | None], whole: bool) -> dict[str, Any]:
        return {
            "path": self.path,
            "value": as_json(self.value),
            "doc": self.doc,
            "default": self.default,
            "places": [place.json() for place in self.places],
            "reads": [read._json(homes, homes.get(id(read)) is self) for read in self.reads if whole],
            "parts": [part._json(homes, homes.get(id(part)) is self) for part in self.parts],
        }

    def __str__(self) -> str:
        """The value, then a line for each place, oldest first; what an expression reads is indented below it."""
        rows = list(self._rows(0, self.follow(), True))
        widths = [max((len(row[column]) for row in rows if len(row) > 1), default=0) for column in (0, 1)]
        lines = [
            row[0] if len(row) == 1 else f"{row[0]:{widths[0]}}   {row[1]:{widths[1]}}   {row[2]}".rstrip()
            for row in rows
        ]
        return "\n".join(lines)

    def _rows(self, level: int, homes: dict[int, Explanation | None], whole: bool) -> Iterator[tuple[str, ...]]:
        """The lines: some with a single text, some with a text, an address and a place in a file."""
        pad = "  " * level
        yield (f"{pad}{self.path} = {short(self.value)}",) if not self.parts else (f"{pad}{self.path}",)
        if self.doc and not level:
            yield (f"{pad}  # {self.doc}",)
        for number, place in enumerate(() if self.parts else self.places, 1):
            counts = "   ← counts" if len(self.places) > 1 and number == len(self.places) else ""
            yield f"{pad}    {place.text}", place.address, f"{place.mark}{counts}"
        if self.default:
            yield (f"{pad}    {self.default}",)
        for read in self.reads if whole else ():
            yield from read._rows(level + 1, homes, homes.get(id(read)) is self)
        if self.reads and not whole:
            yield (f"{pad}    reads on: explain {self.path}",)
        for part in self.parts:
            last = part.places[-1] if part.places else None
            text = f"{pad}  {part.path.rpartition('.')[2]} = {short(part.value)}"
            yield (text, last.address, str(last.mark)) if last else (text, part.default or "", "")
