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
        found = self.own.get(word) or _packaged(word) or _installed(word)
        if found is None:
            raise KeyError(word)
        return found

    def __contains__(self, word: object) -> bool:
        return self.taken(word) or (isinstance(word, str) and _installed(word) is not None)

    def taken(self, word: object) -> bool:
        """Whether a spec cannot have the word for itself; those of other installed packages it may."""
        return word in self.own or (isinstance(word, str) and _packaged(word) is not None)

    def __iter__(self) -> Iterator[str]:
        yield from sorted({*self.own, *(word for word in _homes() if _packaged(word)), *_entries()})


def blocks_in(module: ModuleType) -> dict[str, type[Block]]:
    """The blocks that a module defines, by word; not those that it imports, nor those that lack a rule."""
    return {
        found.word: found
        for found in vars(module).values()
        if isclass(found) and issubclass(found, Block) and found.__module__ == module.__name__ and has_rule(found)
    }


def has_rule(block: type[Block]) -> bool:
    """Whether a class can be placed: it infers, expands, or at least builds."""
    return any(hasattr(block, name) for name in ("infer", "expand", "build"))


def completed(block: type[Block]) -> type[Block]:
    """The block itself; rules that it leaves out are asked of its module."""
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
    """The entry points of other packages, by word; looked for only when a word is not ours."""
    from importlib.metadata import entry_points

    return {entry.name: entry for entry in entry_points(group=GROUP)}


@cache
def _installed(word: str) -> type[Block] | None:
    """A block of another package; a SpecError where its entry point gives none."""
    entry = _entries().get(word)
    if entry is None:
        return None
    try:
        found = entry.load()
    except Exception as error:
        message = f"the entry point {entry.value} of {word} does not load: {type(error).__name__}: {error}"
        raise SpecError(Problem("python", message)) from error
    if not (isclass(found) and issubclass(found, Block) and has_rule(found)):
        raise SpecError(Problem("python", f"the entry point {entry.value} of {word} is no block"))
    if "word" not in vars(found) or found.word != word:
        found.word = word
    return completed(found)


@cache
def _homes() -> dict[str, str]:
    """The module of each word: a block's file is named as its word, an op's class is found in its family's text.

    Importing all of them to ask would cost more than checking a spec does.
    """
    found = {module.name: f"archspec.blocks.{module.name}" for module in iter_modules(blocks.__path__)}
    for family in (module for module in iter_modules(ops.__path__) if not module.ispkg):
        text = get_data("archspec.ops", f"{family.name}.py") or b""
        for name in re.findall(r"^class (\w+)\(", text.decode(), re.MULTILINE):
            found[word_of(name)] = f"archspec.ops.{family.name}"
    return found
