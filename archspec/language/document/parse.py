"""Text → tree."""

from __future__ import annotations

import re

from archspec.errors import Mark, Problem, Source, SpecError
from archspec.language.document.composer import Composer
from archspec.language.document.positions import Positions
from archspec.language.document.source import MOST_BYTES, too_large
from archspec.language.document.tree import Fields, Items, Leaf, Tree

# Compiled when they are first needed: such wide ranges take most of the time that a small file is read in.
_UNREADABLE = "[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
_UNREADABLE_ASCII = "[^\t\n\r -~]"


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
    if source.text.startswith("\ufeff"):
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
    if match := re.search(_UNREADABLE_ASCII if source.text.isascii() else _UNREADABLE, source.text):
        mark = positions.mark(match.start(), match.end())
        raise SpecError(Problem("file-binary", f"the character U+{ord(match[0]):04X} cannot stand in a spec", mark))


def _empty(source: Source) -> Problem:
    return Problem("yaml-empty", "the document is empty", Mark(source, 1, 1, 1, 1))


def _is_empty(tree: Tree) -> bool:
    """Whether nothing at all is written where the tree stands."""
    mark = tree.mark
    return isinstance(tree, Leaf) and tree.plain and (mark.line, mark.column) == (mark.end_line, mark.end_column)
