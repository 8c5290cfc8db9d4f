"""Where a value is set: the dotted address of a mark in its own document."""

from __future__ import annotations

from collections.abc import Iterator

from archspec.errors import Mark, Source
from archspec.language import document
from archspec.language.document import Fields, Tree
from archspec.language.explain.explanation import Setting
from archspec.language.explain.value import short

Span = tuple[int, int, int, int]


class Places:
    """The addresses of marks. Each document is read once, however many of its values are explained."""

    def __init__(self) -> None:
        self._addresses: dict[Source, dict[Span, str]] = {}

    def setting(self, tree: Tree) -> Setting:
        """The place that a tree was read from."""
        return Setting(short(tree), self._address(tree.mark), tree.mark)

    def _address(self, mark: Mark) -> str:
        """The address of a mark, such as `variants.cvt_21.params.depths`; of a `--set`, the path before its `=`."""
        source = mark.source
        if source.path is None:
            return source.text.partition("=")[0]
        if source not in self._addresses:
            self._addresses[source] = {}
            for address, tree in _walk(document.parse(source), ""):
                self._addresses[source].setdefault(_span(tree.mark), address)
        return self._addresses[source].get(_span(mark), "")


def _walk(tree: Tree, address: str) -> Iterator[tuple[str, Tree]]:
    """Every tree of a document with its address, outer ones first."""
    waiting = [(address, tree)]
    while waiting:
        address, tree = waiting.pop()
        yield address, tree
        inner = tree.entries.items() if isinstance(tree, Fields) else enumerate(getattr(tree, "items", ()))
        waiting += reversed([(f"{address}.{key}" if address else str(key), item) for key, item in inner])


def _span(mark: Mark) -> Span:
    return mark.line, mark.column, mark.end_line, mark.end_column
