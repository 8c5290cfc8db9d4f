"""Pictures of specs in documentation: what the Sphinx directive and the Markdown fence have in common."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from archspec.diagrams import OPTIONS as LOOK
from archspec.diagrams import inline
from archspec.diagrams.recipe import Recipe
from archspec.errors import Problem, RuleError, SpecError, listing, nearest

__all__ = ["OPTIONS", "draw"]

OPTIONS = ("variant", "set", *(option.name for option in LOOK))
"""As `archspec render` has them, but for `caption`, which is text of the page."""
LISTS = ("set", *(option.name for option in LOOK if option.type is list))


def draw(spec: str, options: Mapping[str, str], *, allow_python: bool = False) -> str:
    """The SVG of a spec, for a page: a title only where `options` have one, the totals where they have no caption.

    `options` are named as in OPTIONS, each with the text that stands in the page. Raises SpecError where an option or
    the spec is wrong.
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
    try:
        return inline(Recipe.read([spec, *words]).draw(allow_python=allow_python))
    except RuleError as error:  # a look that the graph does not allow: whoever builds the page knows one kind of error
        raise SpecError(error.problems) from None


def _items(name: str, text: str) -> list[str]:
    """The items of a list, which are parted by spaces; one with a space in it stands in quotes."""
    try:
        return shlex.split(text)
    except ValueError as error:
        raise SpecError(Problem("usage", f"{name} {text} cannot be read: {error}".lower())) from None
