"""Text → tree."""

from __future__ import annotations

from yaml.reader import Reader

from archspec.errors import Mark, Problem, Source, SpecError
from archspec.language.document.composer import Composer
from archspec.language.document.positions import Positions
from archspec.language.document.source import MOST_BYTES, too_large
from archspec.language.document.tree import Fields, Items, Leaf, Tree

_BYTE_ORDER_MARK = "\ufeff"
"""YAML allows it; in the middle of a text it is an invisible part of a word."""


def parse(source: Source) -> Fields:
    """The tree of a document, whose top level is a mapping. Raises SpecError with every problem of the text."""
    tree = value(source)
    if isinstance(tree, Fields):
        return tree
    if _is_empty(tree):
        raise SpecError(_empty(tree.mark.source))
    kind = "a list" if isinstance(tree, Items) else "a single value"
    raise SpecError(Problem("yaml-top-level", f"the document is {kind}, not a mapping of keys to values", tree.mark))


def value(source: Source, start: int = 0) -> Tree:
    """The one value written in `source` from character `start` on, of any kind. Raises SpecError."""
    if source.text.startswith(_BYTE_ORDER_MARK):
        source = Source(source.name, source.text[1:], source.path)
    positions = Positions(source)
    _check_characters(positions)
    tree = Composer(positions).compose(start)
    if tree is None:
        raise SpecError(_empty(source))
    return tree


def _check_characters(positions: Positions) -> None:
    """Raises SpecError for a text that is too large, or has a character that YAML does not allow."""
    source = positions.source
    if len(source.text) > MOST_BYTES:
        raise SpecError(too_large(source.name, len(source.text)))
    match = Reader.NON_PRINTABLE.search(source.text)
    offset = match.start() if match else source.text.find(_BYTE_ORDER_MARK)
    if offset >= 0:
        mark, code = positions.mark(offset, offset + 1), ord(source.text[offset])
        raise SpecError(Problem("file-binary", f"the character U+{code:04X} cannot stand in a spec", mark))


def _empty(source: Source) -> Problem:
    return Problem("yaml-empty", "the document is empty", Mark(source, 1, 1, 1, 1))


def _is_empty(tree: Tree) -> bool:
    """Whether nothing at all is written where the tree stands."""
    mark = tree.mark
    return isinstance(tree, Leaf) and tree.plain and (mark.line, mark.column) == (mark.end_line, mark.end_column)
