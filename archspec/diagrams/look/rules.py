"""The look of every kind of primitive, as rules: written as CSS, or resolved for formats that have none."""

from __future__ import annotations

from archspec.diagrams.look.style import Theme

Rule = tuple[str, dict[str, str]]
"""A CSS selector, and the properties that it sets. A later rule wins over an earlier one, also where it is resolved."""

DASH = "5 3"


def colours(theme: Theme) -> list[Rule]:
    """The rules that differ between the light and the dark theme."""
    return [
        ("text", {"fill": theme.ink}),
        ("text.muted", {"fill": theme.muted}),
        (".background", {"fill": theme.background}),
        (".wire", {"fill": "none", "stroke": theme.line}),
        (".head", {"fill": theme.line}),
        (".frame", {"stroke": theme.frame}),
        (".sum", {"fill": theme.background, "stroke": theme.line}),
        (".plus", {"stroke": theme.line}),
        (".pill", {"fill": theme.background, "stroke": theme.line}),
        (".tag", {"fill": theme.fills["token"], "stroke": theme.strokes["token"]}),
        (".hatch", {"fill": "none", "stroke": theme.hatch or theme.line}),
        *((f".depth{depth}", {"fill": fill}) for depth, fill in enumerate(theme.frames)),
        *((f".{name}", {"fill": theme.fills[name], "stroke": theme.strokes[name]}) for name in theme.fills),
    ]


def sizes(theme: Theme) -> list[Rule]:
    """Fonts, widths and dashes."""
    return [
        ("text", {"font-family": f"{theme.family},{theme.fallback}", "stroke": "none"}),
        ("text.bold", {"font-weight": f"{theme.weight}"}),
        (".box", {"stroke-width": f"{theme.stroke:g}"}),
        (".pill,.sum,.plus,.wire", {"stroke-width": f"{theme.stroke:g}"}),
        (".wire", {"stroke-linejoin": "round"}),
        (".train,.shared", {"stroke-dasharray": DASH}),
        (".frame", {"stroke-width": "1"}),
        (".tag", {"stroke-width": "0.7"}),
        (".swatch", {"stroke-width": "0.9"}),
        (".hatch", {"stroke-width": "0.7"}),
    ]


def marks(theme: Theme) -> list[Rule]:
    """What is added, removed or changed; each has a sign too, so that none hangs on colour alone."""
    return [
        *((f".{status}>.mark,.wire.{status}", {"stroke": colour}) for status, colour in theme.marks.items()),
        *((f".{status}>.badge", {"fill": colour}) for status, colour in theme.marks.items()),
        *((f".head.{status}", {"fill": colour}) for status, colour in theme.marks.items()),
        *((f"text.{status}", {"fill": colour}) for status, colour in theme.marks.items()),
        (".mark", {"fill": "none", "stroke-width": "2.4"}),
        (".sign", {"fill": "none", "stroke": theme.background, "stroke-width": "1.8", "stroke-linecap": "round"}),
        (".removed>.mark,.wire.removed", {"stroke-dasharray": DASH}),
    ]


def css(theme: Theme, scope: str, colours_only: bool = False, compared: bool = False) -> str:
    """The theme as CSS under one class, so that pictures of two themes may stand in one page.

    `compared` adds the marks of a comparison.
    """
    rules = colours(theme) + ([] if colours_only else sizes(theme)) + (marks(theme) if compared else [])
    return "".join(
        ",".join(f".{scope} {part}" for part in selector.split(","))
        + f"{{{';'.join(f'{name}:{value}' for name, value in properties.items())}}}"
        for selector, properties in rules
    )


def paint(theme: Theme, kind: str, *, tag: str = "", outer: str = "") -> dict[str, str]:
    """The properties of a primitive whose classes are `kind`, in a group whose classes are `outer`."""
    classes, around = frozenset(kind.split()), frozenset(outer.split())
    properties: dict[str, str] = {}
    for selector, rule in (*colours(theme), *sizes(theme), *marks(theme)):
        if any(_matches(part, tag, classes, around) for part in selector.split(",")):
            properties |= rule
    return properties


def _matches(selector: str, tag: str, classes: frozenset[str], outer: frozenset[str]) -> bool:
    """Whether a selector of the forms that the rules use, `tag.class` or `.class>.class`, holds."""
    parent, _, own = selector.rpartition(">")
    name, *wanted = own.split(".")
    return name in ("", tag) and classes.issuperset(wanted) and outer.issuperset(parent.split(".")[1:])
