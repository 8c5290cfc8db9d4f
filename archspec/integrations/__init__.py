"""Pictures of specs in documentation: what the Sphinx directive and the Markdown fence have in common."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import TypeVar

from archspec.diagrams import OPTIONS as LOOK
from archspec.diagrams import Picture, Recipe, inline
from archspec.errors import Problem, RuleError, SpecError, listing, nearest

__all__ = ["OPTIONS", "draw", "draw_pdf"]

Drawn = TypeVar("Drawn", str, bytes)

OPTIONS = ("variant", "set", *(option.name.replace("_", "-") for option in LOOK))
"""As `archspec render` has them, but for `caption`, which is text of the page."""
LISTS = ("set", *(option.name for option in LOOK if option.type is list))


def draw(spec: str, options: Mapping[str, str], *, allow_python: bool = False) -> str:
    """The SVG of a spec, for a page. Raises what `picture` raises."""
    return _drawn(lambda: inline(picture(spec, options, allow_python=allow_python)))


def draw_pdf(spec: str, options: Mapping[str, str], *, allow_python: bool = False) -> bytes:
    """The PDF of a spec, for a printed page. Raises what `picture` raises."""
    return _drawn(lambda: picture(spec, options, allow_python=allow_python).bytes("pdf"))


def _drawn(draw: Callable[[], Drawn]) -> Drawn:
    """What is drawn; a look that the graph does not allow is a SpecError too: who builds a page knows one kind."""
    try:
        return draw()
    except RuleError as error:
        raise SpecError(error.problems) from None


def picture(spec: str, options: Mapping[str, str], *, allow_python: bool = False) -> Picture:
    """The picture of a spec, for a page: a title only where `options` have one, the totals where they have no caption.

    `options` are named as in OPTIONS, each with the text that stands in the page. Raises SpecError where an option or
    the spec is wrong, and RenderError for the look.
    """
    words = ["--title="] if "title" not in options else []
    for name, text in options.items():
        if name not in OPTIONS:
            help = nearest(name, OPTIONS) or f"there are {listing(OPTIONS, 20)}"
            raise SpecError(Problem("usage", f"a picture has no option {name}", help=help))
        if name == "legend":
            words += ["--no-legend"] * (text.lower() in ("false", "no", "none"))
        elif name == "caption":
            words.append("--caption=")
        else:
            words += [f"--{name}={item}" for item in (_items(name, text) if name in LISTS else [text])]
    return Recipe.read([spec, *words]).draw(allow_python=allow_python)


def _items(name: str, text: str) -> list[str]:
    """The items of a list, which are parted by spaces; one with a space in it stands in quotes."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise SpecError(Problem("usage", f"{name} {text} cannot be read: {error}".lower())) from None
