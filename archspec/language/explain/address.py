"""Where a value is set: the dotted address of a mark in its own document."""

from __future__ import annotations

from archspec.errors import Mark
from archspec.language import document
from archspec.language.document import Fields, Tree
from archspec.language.explain.explanation import Setting
from archspec.language.explain.value import short


def setting_of(tree: Tree) -> Setting:
    """The place that a tree was read from."""
    return Setting(short(document.plain(tree)), _address(tree.mark), tree.mark)


def _address(mark: Mark) -> str:
    """The address of a mark, such as `variants.cvt_21.params.depths`; of a `--set`, the path before its `=`."""
    if mark.source.path is None:
        return mark.source.text.partition("=")[0]
    at: Tree = document.parse(mark.source)
    address: list[str] = []
    while _span(at.mark) != _span(mark):
        items = at.entries.items() if isinstance(at, Fields) else enumerate(getattr(at, "items", ()))
        inner = next(((key, item) for key, item in items if _holds(item.mark, mark)), None)
        if inner is None:
            break
        address.append(str(inner[0]))
        at = inner[1]
    return ".".join(address)


def _span(mark: Mark) -> tuple[tuple[int, int], tuple[int, int]]:
    return (mark.line, mark.column), (mark.end_line, mark.end_column)


def _holds(outer: Mark, inner: Mark) -> bool:
    start, end = _span(outer)
    return start <= _span(inner)[0] and _span(inner)[1] <= end
