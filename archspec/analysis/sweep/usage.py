"""What is wrong with the words that a sweep was asked with, shown in them."""

from __future__ import annotations

from archspec.errors import Mark, Problem, Source, SpecError


def usage_error(
    text: str, message: str, help: str | None = None, option: str = "--set", start: int = 0, width: int | None = None
) -> SpecError:
    """A `usage-sweep` problem that marks `width` characters of an option's text, by default all of it."""
    mark = Mark(Source(option, text), 1, start + 1, 1, start + 1 + (len(text) if width is None else width))
    return SpecError(Problem("usage-sweep", message, mark, help=help))
