"""The words after `block:` – the package's ops and blocks, and those that a spec brings along."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from inspect import isclass
from pkgutil import get_data, iter_modules
from types import ModuleType

from archspec import blocks, ops
from archspec.block import Block, word_of


class Vocabulary:
    """Looks a word up. A block's file is imported when its word is first used."""

    def __init__(self, own: Mapping[str, type[Block]] | None = None) -> None:
        self.own = dict(own or {})

    def __getitem__(self, word: str) -> type[Block]:
        found = self.own.get(word) or _packaged(word)
        if found is None:
            raise KeyError(word)
        return found

    def __contains__(self, word: object) -> bool:
        return word in self.own or (isinstance(word, str) and _packaged(word) is not None)

    def __iter__(self) -> Iterator[str]:
        yield from sorted({*self.own, *(word for word in _homes() if _packaged(word))})


def blocks_in(module: ModuleType) -> dict[str, type[Block]]:
    """The blocks that a module defines, by word; those that it imports, and those that lack a rule, are not among them."""
    return {
        found.word: found
        for found in vars(module).values()
        if isclass(found) and issubclass(found, Block) and found.__module__ == module.__name__ and _has_rule(found)
    }


def _has_rule(block: type[Block]) -> bool:
    return hasattr(block, "infer") or hasattr(block, "expand")


@cache
def _packaged(word: str) -> type[Block] | None:
    home = _homes().get(word)
    return blocks_in(import_module(home)).get(word) if home else None


@cache
def _homes() -> dict[str, str]:
    """The module of each word: a block's file is named as its word, an op's class is found in its family's text.

    Importing all of them to ask would cost more than checking a spec does.
    """
    found = {module.name: f"archspec.blocks.{module.name}" for module in iter_modules(blocks.__path__)}
    for family in iter_modules(ops.__path__):
        text = get_data("archspec.ops", f"{family.name}.py") or b""
        for name in re.findall(r"^class (\w+)\(", text.decode(), re.MULTILINE):
            found[word_of(name)] = f"archspec.ops.{family.name}"
    return found
