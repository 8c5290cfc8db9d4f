"""Plain data → text that reads back equal."""

from archspec.language.document.write.block import dump
from archspec.language.document.write.dumped import is_dumped
from archspec.language.document.write.inline import inline

__all__ = ["dump", "inline", "is_dumped"]
