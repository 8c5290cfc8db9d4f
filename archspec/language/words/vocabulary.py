"""The words after `block:` – the package's ops and blocks, and those that a spec brings along."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from inspect import isclass
from pkgutil import get_data, iter_modules
from types import ModuleType
from typing import Any

from archspec import blocks, ops
from archspec.errors import Problem, SpecError
from archspec.graph.block import Block, word_of

GROUP = "archspec.blocks"


class Vocabulary:
    """Looks a word up. A block's file is imported when its word is first used."""

    def __init__(self, own: Mapping[str, type[Block]] | None = None) -> None:
        self.own = dict(own or {})

    def __getitem__(self, word: str) -> type[Block]:
        block = self.own.get(word) or _packaged(word) or _installed(word)
        if block is None:
            raise KeyError(word)
        return block

    def __contains__(self, word: object) -> bool:
        return self.taken(word) or (isinstance(word, str) and _installed(word) is not None)

    def taken(self, word: object) -> bool:
        """Whether the word is reserved: the spec's own or the package's. Words of other packages may be redefined."""
        return word in self.own or (isinstance(word, str) and _packaged(word) is not None)

    def __iter__(self) -> Iterator[str]:
        yield from sorted({*self.own, *(word for word in _homes() if _packaged(word)), *_entries()})


def blocks_in(module: ModuleType) -> dict[str, type[Block]]:
    """The blocks that a module defines, by word; not those that it imports, nor those that lack a rule."""
    return {
        item.word: item
        for item in vars(module).values()
        if isclass(item) and issubclass(item, Block) and item.__module__ == module.__name__ and has_rule(item)
    }


def has_rule(block: type[Block]) -> bool:
    """Whether a class can be placed: it infers, expands, or at least builds."""
    return any(hasattr(block, name) for name in ("infer", "expand", "build"))


def completed(block: type[Block]) -> type[Block]:
    """The block itself; rules that it lacks are derived from its module."""
    if hasattr(block, "expand") or (hasattr(block, "infer") and hasattr(block, "cost")):
        return block
    from archspec.language.words.probe import complete

    return complete(block)


@cache
def _packaged(word: str) -> type[Block] | None:
    home = _homes().get(word)
    return blocks_in(import_module(home)).get(word) if home else None


@cache
def _entries() -> dict[str, Any]:
    """The entry points of other packages, by word; read only when a word is not the package's."""
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=GROUP)}


@cache
def _installed(word: str) -> type[Block] | None:
    """A block of another package. Raises SpecError where its entry point gives none."""
    entry = _entries().get(word)
    if entry is None:
        return None
    try:
        block = entry.load()
    except Exception as error:
        message = f"the entry point {entry.value} of {word} does not load: {type(error).__name__}: {error}"
        raise SpecError(Problem("python", message)) from error
    if not (isclass(block) and issubclass(block, Block) and has_rule(block)):
        raise SpecError(Problem("python", f"the entry point {entry.value} of {word} is no block"))
    if "word" not in vars(block) or block.word != word:
        block.word = word
    return completed(block)


@cache
def _homes() -> dict[str, str]:
    """The module of each word: a block's file bears its word, an op's class stands in the source of its family.

    Importing all modules would take longer than validating a spec.
    """
    homes = {module.name: f"archspec.blocks.{module.name}" for module in iter_modules(blocks.__path__)}
    for family in (module for module in iter_modules(ops.__path__) if not module.ispkg):
        text = get_data("archspec.ops", f"{family.name}.py") or b""
        for name in re.findall(r"^class (\w+)\(", text.decode(), re.MULTILINE):
            homes[word_of(name)] = f"archspec.ops.{family.name}"
    return homes
