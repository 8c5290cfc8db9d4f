"""A spec drawn in a page of documentation: what the Sphinx directive and the Markdown fence have in common."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from archspec.cli.verbs.render import Recipe
from archspec.diagrams.fragment import inline
from archspec.errors import Problem, SpecError, listing, nearest

OPTIONS = (
    "variant", "set", "depth", "expand", "collapse", "direction", "theme", "shapes", "costs", "heat", "legend",
    "title", "caption",
)  # fmt: skip
"""As `archspec render` has them, but for `caption`, which is text of the page."""
LISTS = ("set", "expand", "collapse", "costs")


def draw(spec: str, options: Mapping[str, str], *, allow_python: bool = False) -> str:
    """The SVG that a page asks for; it has a title only where one is given, and totals where there is no caption."""
    words = ["--title="] if "title" not in options else []
    for name, given in options.items():
        if name not in OPTIONS:
            help = nearest(name, OPTIONS) or f"there are {listing(OPTIONS, 20)}"
            raise SpecError(Problem("usage", f"a picture has no option {name}", help=help))
        if name == "legend":
            words += ["--no-legend"] * (given.lower() in ("false", "no", "none"))
        elif name == "caption":
            words.append("--caption=")
        else:
            words += [f"--{name}={item}" for item in (_items(name, given) if name in LISTS else [given])]
    return inline(Recipe.read([spec, *words]).draw(allow_python=allow_python))


def _items(name: str, given: str) -> list[str]:
    """What stands there, parted by spaces; quotes keep together what has spaces in it."""
    try:
        return shlex.split(given)
    except ValueError as error:
        raise SpecError(Problem("usage", f"{name} {given} cannot be read: {error}".lower())) from None
