"""A document: YAML 1.2 read into a tree whose values know their place. `document.write` is the way back to text."""

from archspec.language.document.parse import parse, value
from archspec.language.document.source import note, noting, read
from archspec.language.document.tree import MOST_LEVELS, Fields, Items, Leaf, Scalar, Tree, locate, plain

__all__ = [
    "MOST_LEVELS",
    "Fields",
    "Items",
    "Leaf",
    "Scalar",
    "Tree",
    "locate",
    "note",
    "noting",
    "parse",
    "plain",
    "read",
    "value",
]
