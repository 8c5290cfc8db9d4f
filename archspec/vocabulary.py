"""The words after `block:` – the package's ops and blocks, and those that a spec brings along."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from inspect import isclass
from pkgutil import iter_modules
from types import ModuleType

from archspec import blocks, ops
from archspec.block import Block


class Vocabulary:
    """Looks a word up. A block's file is imported when its word is first used."""

    def __init__(self, own: Mapping[str, type[Block]] | None = None) -> None:
        self.own = dict(own or {})

    def __getitem__(self, word: str) -> type[Block]:
        if word in self.own:
            return self.own[word]
        found = _ops().get(word) or (_block(word) if word in _block_words() else None)
        if found is None:
            raise KeyError(word)
        return found

    def __contains__(self, word: object) -> bool:
        return word in self.own or word in _ops() or word in _block_words()

    def __iter__(self) -> Iterator[str]:
        yield from sorted({*self.own, *_ops(), *_block_words()})


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
def _ops() -> dict[str, type[Block]]:
    modules = [import_module(f"archspec.ops.{module.name}") for module in iter_modules(ops.__path__)]
    return {word: block for module in modules for word, block in blocks_in(module).items()}


@cache
def _block_words() -> frozenset[str]:
    return frozenset(module.name for module in iter_modules(blocks.__path__))


def _block(word: str) -> type[Block]:
    return blocks_in(import_module(f"archspec.blocks.{word}"))[word]
