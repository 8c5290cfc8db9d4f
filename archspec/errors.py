"""What went wrong and where: the one error type that reaches a user, and the marks it points with."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

MOST_PROBLEMS = 50  # more than anybody reads at once; a step stops at so many
LONGEST_WORD = 100
MOST_COMPARED = 240
MOST_MEASURED = 24


@dataclass(frozen=True, eq=False)
class Source:
    """A text and the name its marks are printed with: a file's path as the user wrote it, or `--set`."""

    name: str
    text: str
    path: str | None = None

    def line(self, number: int) -> str:
        """Line `number` (from 1), without its end; empty where there is none."""
        return self._lines[number - 1].rstrip("\r") if 0 < number <= len(self._lines) else ""

    @cached_property
    def _lines(self) -> list[str]:
        return self.text.split("\n")


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a source; lines and columns count from 1, the end is exclusive."""

    source: Source = field(repr=False)
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: a stable code, one sentence with the values in it, the place, and what to do instead.

    `path` is the dotted address in the spec; `key` is the config key that the fault is about, where there is one: the
    key that is missing, or the one that is not known.
    """

    code: str
    message: str
    mark: Mark | None = None
    path: str = ""
    notes: tuple[str, ...] = ()
    help: str | None = None
    key: str | None = None

    def at(self, mark: Mark | None, path: str | None = None) -> Problem:
        """The same problem, placed, unless it already has a place."""
        return replace(self, mark=self.mark or mark, path=self.path or path or "")

    def json(self) -> dict[str, Any]:
        """The problem as plain data, with the keys of `--json`."""
        mark = self.mark
        return {
            "code": self.code,
            "message": self.message,
            "path": self.path,
            "file": mark.source.name if mark else None,
            "line": mark.line if mark else None,
            "column": mark.column if mark else None,
            "end_line": mark.end_line if mark else None,
            "end_column": mark.end_column if mark else None,
            "notes": list(self.notes),
            "help": self.help,
        }

    def __str__(self) -> str:
        """The problem as a person reads it: place, sentence, excerpt with a caret, notes, help."""
        place = f"{self.mark}: " if self.mark else ""
        lines = [f"{place}error[{self.code}]: {self.message}"]
        if self.mark and self.mark.source.line(self.mark.line).strip():
            lines += _excerpt(self.mark)
        lines += [f"   {note}" for note in self.notes]
        if self.help:
            lines.append(f"   help: {self.help}")
        return "\n".join(lines)


class SpecError(Exception):
    """Everything that is wrong with a spec, as far as one step can see it; `problems` holds each fault."""

    def __init__(self, problems: Iterable[Problem] | Problem) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type[SpecError], tuple[tuple[Problem, ...]]]:
        return SpecError, (self.problems,)


class RuleError(ValueError):
    """A block's rule is broken. The message states the values; the code that placed the block adds the location."""

    def __init__(self, message: str, *, code: str = "shape", field: str | None = None, help: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.field = field  # the config field to point at, where one is at fault
        self.help = help

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The error as a SpecError has it, for a rule that no place in a spec breaks."""
        return (Problem(self.code, str(self), help=self.help),)


def similar(word: str, known: Iterable[str]) -> list[str]:
    """The known words that an unknown one may be a misspelling of: the nearest first, two at most.

    Of very many known words only those are compared that begin or end like the unknown one; very long words have no
    similar ones. A search takes a few milliseconds, whatever the words are.
    """
    from difflib import get_close_matches

    words = [other for other in known if len(other) <= LONGEST_WORD] if len(word) <= LONGEST_WORD else []
    if len(words) > MOST_COMPARED:
        words = [*_around(word, words), *(other[::-1] for other in _around(word[::-1], [w[::-1] for w in words]))]
        words = list(dict.fromkeys(words))
    if len(words) > MOST_MEASURED:
        letters = Counter(word)
        words.sort(key=lambda other: -2 * (letters & Counter(other)).total() / (len(word) + len(other) or 1))
    return get_close_matches(word, words[:MOST_MEASURED], n=2, cutoff=0.6)


def _around(word: str, words: list[str]) -> list[str]:
    """The words before and behind a word in the order of the alphabet."""
    words.sort()
    place = bisect_left(words, word)
    return words[max(0, place - MOST_COMPARED // 4) : place + MOST_COMPARED // 4]


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The question `did you mean …?` for an unknown word; None where no known word is similar."""
    near = similar(word, known)
    return f"did you mean {' or '.join(near)}?" if near else None


def listing(words: Sequence[str] | Iterable[str], most: int = 12) -> str:
    """Words separated by commas; after `most` of them an ellipsis and their number."""
    words = list(words)
    return ", ".join(words[:most]) + (f", … ({len(words)} in all)" if len(words) > most else "")


def printable(text: str) -> str:
    """The text with an escape, `\\x1b`, for each character that a terminal acts on or does not show."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _excerpt(mark: Mark, widest: int = 160) -> list[str]:
    """The marked line with a caret below its first column; a long line is cut around the mark."""
    line, column = mark.source.line(mark.line), mark.column
    if len(line) > widest:
        start = max(0, column - 1 - widest // 2)
        line, column = line[start : start + widest], column - start
    line = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line.replace("\t", " "))
    width = max(1, mark.end_column - mark.column) if mark.end_line == mark.line else 1
    width = min(width, max(1, len(line) - column + 1))
    number = str(mark.line)
    gutter = " " * (len(number) + 3)
    return [f"   {number} | {line}", f"{gutter} | {' ' * (column - 1)}{'^' * width}"]


def shown(text: str) -> str:
    """A text of several lines with the escapes of `printable`; its line ends, tabs and all kinds of spaces stay."""
    odd = [char for char in set(text) if not (char.isprintable() or char in "\n\t" or _is_space(char))]
    return text.translate({ord(char): printable(char) for char in odd}) if odd else text


def _is_space(char: str) -> bool:
    from unicodedata import category

    return category(char) == "Zs"
