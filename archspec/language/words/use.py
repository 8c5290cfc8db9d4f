"""`use`: files that bring blocks – YAML libraries and Python –, and the chain of files that led to each."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from archspec.errors import Mark, Problem, SpecError
from archspec.graph import Block
from archspec.language import document
from archspec.language.document import Fields, Items, Leaf, Tree
from archspec.language.spec import BlockSpec, Library, Marked, validate_library
from archspec.language.words.plugins import blocks_of_file
from archspec.language.words.vocabulary import Vocabulary

MOST_FILES = 50


@dataclass(frozen=True, slots=True, eq=False)
class Collected:
    """A spec with the blocks of its libraries among its own, and the vocabulary of its Python files."""

    marked: Marked
    vocabulary: Vocabulary
    chains: Mapping[str, tuple[str, ...]]  # by a library's name: a note for each `use` on the way to it

    def traced(self, error: SpecError) -> SpecError:
        """The same problems; those in a library get a note for each file on the way to it."""
        return SpecError([_noted(problem, self.chains) for problem in error.problems])


Libraries = dict[str, tuple[Fields, Library]]
"""By the path of a file of blocks: its tree, and its structure."""


def collect(marked: Marked, path: Path, *, allow_python: bool = False, known: Libraries | None = None) -> Collected:
    """Read all that a spec uses, and all that its libraries use, each file once. Raises SpecError.

    Libraries that are `known` are not read again; those that are read become known.
    """
    shelf = _Shelf(allow_python, {} if known is None else known)
    blocks = marked.tree.entries.get("blocks")
    own = blocks if isinstance(blocks, Fields) else Fields({}, {}, marked.tree.mark)
    try:
        shelf.read(marked.tree, path, ())
        for word in own.entries:
            shelf.check_new(word, own.keys[word])
    except SpecError as error:
        raise SpecError([_noted(problem, shelf.chains) for problem in error.problems]) from None
    if not shelf.specs:
        return Collected(marked, Vocabulary(shelf.python), shelf.chains)
    entries = {key: item for key, item in marked.tree.entries.items() if key != "use"}
    if python := tuple(leaf for leaf in _uses(marked.tree) if str(leaf.value).endswith(".py")):
        entries["use"] = Items(python, marked.tree.entries["use"].mark)
    entries["blocks"] = Fields({**shelf.trees, **own.entries}, {**shelf.keys, **own.keys}, own.mark)
    keys = {**marked.tree.keys, "blocks": marked.tree.keys.get("blocks", marked.tree.mark)}
    tree = replace(marked.tree, entries=entries, keys={key: keys[key] for key in entries})
    spec = marked.spec.model_copy(update={"blocks": {**shelf.specs, **marked.spec.blocks}})
    return Collected(Marked(spec, tree), Vocabulary(shelf.python), shelf.chains)


@dataclass(slots=True)
class _Shelf:
    """The blocks of the files that were read so far."""

    allow_python: bool
    known: Libraries
    python: dict[str, type[Block]] = field(default_factory=dict)
    specs: dict[str, BlockSpec] = field(default_factory=dict)
    trees: dict[str, Tree] = field(default_factory=dict)
    keys: dict[str, Mark] = field(default_factory=dict)
    chains: dict[str, tuple[str, ...]] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)

    def read(self, tree: Fields, path: Path, chain: tuple[str, ...]) -> None:
        for leaf in _uses(tree):
            file = beside(Path(leaf.mark.source.path or path), str(leaf.value), leaf)
            if file.suffix not in (".py", ".yaml", ".yml"):
                message = f"{leaf.value} brings no blocks: they come from a .py or a .yaml file"
                raise SpecError(Problem("file-outside", message, leaf.mark, "use"))
            where = os.path.realpath(file)
            if where in self.files:
                continue
            self.files.add(where)
            if len(self.files) > MOST_FILES:
                raise SpecError(Problem("too-large", f"more than {MOST_FILES} files are used", leaf.mark, "use"))
            if file.suffix == ".py":
                self.python |= blocks_of_file(file, leaf, self.allow_python)
            else:
                note = f"in:   {file}, which {leaf.mark.source.name} uses (line {leaf.mark.line})"
                self.library(file, leaf, (note, *chain))

    def library(self, file: Path, leaf: Leaf, chain: tuple[str, ...]) -> None:
        self.chains[str(file)] = chain
        try:
            if str(file) not in self.known:
                tree = document.parse(document.read(file))
                self.known[str(file)] = tree, validate_library(tree)
        except SpecError as error:
            raise SpecError([problem.at(leaf.mark, "use") for problem in error.problems]) from None
        tree, library = self.known[str(file)]
        self.read(tree, file, chain)
        blocks = tree.entries["blocks"]
        assert isinstance(blocks, Fields)
        for word, spec in library.blocks.items():
            self.check_new(word, blocks.keys[word])
            self.specs[word], self.trees[word], self.keys[word] = spec, blocks.entries[word], blocks.keys[word]

    def check_new(self, word: str, mark: Mark) -> None:
        if word in self.keys:
            message = f"the block {word} is written twice, here and in {self.keys[word]}"
            raise SpecError(Problem("name", message, mark, f"blocks.{word}"))


def beside(path: Path, target: str, leaf: Leaf) -> Path:
    """The path of a file that a spec names, relative to the spec. Raises SpecError above its parent folder."""
    parts = Path(target).parts
    outside = Path(target).is_absolute() or parts.count("..") > 1 or ".." in parts[1:]
    if outside or not parts or {*target} & {"\\", "\0"}:
        shown = target if target and target.isprintable() else repr(target)
        message = f"{shown} is no file near this one"
        help = "name it relative to this file, at most one folder up"
        raise SpecError(Problem("file-outside", message, leaf.mark, help=help))
    return path.parent / target


def _uses(tree: Fields) -> list[Leaf]:
    use = tree.entries.get("use")
    return [leaf for leaf in use.items if isinstance(leaf, Leaf)] if isinstance(use, Items) else []


def _noted(problem: Problem, chains: Mapping[str, tuple[str, ...]]) -> Problem:
    chain = chains.get(problem.mark.source.name, ()) if problem.mark else ()
    return replace(problem, notes=(*problem.notes, *chain))
