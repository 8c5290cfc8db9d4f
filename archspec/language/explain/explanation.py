"""What an explanation is: a value, the places that set it, and the explanations of what its expression reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from archspec.errors import Mark
from archspec.language.explain.value import as_json, short


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


@dataclass(frozen=True, slots=True)
class Explanation:
    """A value, the places that set it – the last one counts –, and the values that its expression reads."""

    path: str
    value: Any
    places: tuple[Setting, ...] = ()
    default: str | None = None  # whose default it is, where no place sets it
    doc: str | None = None
    reads: tuple[Explanation, ...] = ()
    parts: tuple[Explanation, ...] = ()  # of a mapping: one for each key

    def json(self) -> dict[str, Any]:
        """The explanation as plain data."""
        return {
            "path": self.path,
            "value": as_json(self.value),
            "doc": self.doc,
            "default": self.default,
            "places": [place.json() for place in self.places],
            "reads": [read.json() for read in self.reads],
            "parts": [part.json() for part in self.parts],
        }

    def __str__(self) -> str:
        """The value, then a line for each place, oldest first; what an expression reads is indented below it."""
        rows = list(self._rows(0))
        widths = [max((len(row[column]) for row in rows if len(row) > 1), default=0) for column in (0, 1)]
        lines = [
            row[0] if len(row) == 1 else f"{row[0]:{widths[0]}}   {row[1]:{widths[1]}}   {row[2]}".rstrip()
            for row in rows
        ]
        return "\n".join(lines)

    def _rows(self, level: int) -> Iterator[tuple[str, ...]]:
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
        for read in self.reads:
            yield from read._rows(level + 1)
        for part in self.parts:
            last = part.places[-1] if part.places else None
            text = f"{pad}  {part.path.rpartition('.')[2]} = {short(part.value)}"
            yield (text, last.address, str(last.mark)) if last else (text, part.default or "", "")
