"""A node's keys → its block: expressions evaluated, slots filled, values checked against the block's fields."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from archspec.errors import MOST_PROBLEMS, Mark, Problem, listing, nearest
from archspec.graph.block import Block
from archspec.language.document import Fields, Items, Leaf, Tree
from archspec.language.expression import ExpressionError, evaluate, is_expression, references
from archspec.language.spec.complaint import complaints, show
from archspec.language.spec.model import RESERVED
from archspec.language.words.vocabulary import Vocabulary


class UnresolvedError(Exception):
    """A value that cannot be had; its problems are already written down."""


class EnoughError(Exception):
    """There are more problems than anybody reads."""


class Problems(list[Problem]):
    """What was found so far; an EnoughError ends the step that finds too many."""

    def append(self, problem: Problem) -> None:
        self += [problem]

    def __iadd__(self, found: Iterable[Problem]) -> Problems:  # type: ignore[misc, override]
        self.extend(found)
        if len(self) >= MOST_PROBLEMS:
            raise EnoughError
        return self


class Unknown:
    """Stands for a parameter that has problems of its own; what refers to it is silent."""


class Resolver:
    """Resolves trees against the names of one scope, and collects problems in `problems`."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.problems = Problems()

    def fail(self, problem: Problem) -> UnresolvedError:
        """Write a problem down; raise what this returns."""
        self.problems.append(problem)
        return UnresolvedError()

    def value(self, tree: Tree, names: Mapping[str, Any], path: str) -> Any:
        """Plain data with every expression evaluated; lists become tuples."""
        if isinstance(tree, Fields):
            return {key: self.value(item, names, f"{path}.{key}") for key, item in tree.entries.items()}
        if isinstance(tree, Items):
            return tuple(self.value(item, names, f"{path}.{place}") for place, item in enumerate(tree.items))
        if isinstance(tree.value, str) and is_expression(tree.value):
            return self._evaluate(tree, tree.value, names, path)
        return tree.value

    def _evaluate(self, leaf: Leaf, text: str, names: Mapping[str, Any], path: str) -> Any:
        try:
            if any(isinstance(names.get(name), Unknown) for name in references(text)):
                raise UnresolvedError
            result = evaluate(text, names)
        except ExpressionError as error:
            mark = _within(leaf, error.offset, error.width)
            values = [f"with: {name} = {show_value(value)}" for name, value in error.values.items()]
            problem = Problem("expression", f"{text}: {error}", mark, path, tuple(values[:8]), error.help)
            raise self.fail(problem) from None
        return _frozen(result)

    def block(self, tree: Tree, names: Mapping[str, Any], path: str, *, default: type[Block] | None = None) -> Block:
        """The block that a node's mapping, or a slot's word or mapping, stands for."""
        if isinstance(tree, Leaf):
            word = self.value(tree, names, path)
            if isinstance(word, Block):
                return word
            return self._build(self._type(word, tree.mark, path), Fields({}, {}, tree.mark), names, path)
        if isinstance(tree, Items):
            raise self.fail(Problem("wrong-type", f"{path} takes a block, got {show(tree)}", tree.mark, path))
        if "block" in tree.entries:
            leaf = tree.entries["block"]
            word = self.value(leaf, names, f"{path}.block")
            if isinstance(word, Block) and len(tree.entries) == 1:
                return word
            return self._build(self._type(word, leaf.mark, path), tree, names, path)
        if default is None:
            message = f"{path} does not say which block it is"
            raise self.fail(Problem("missing-key", message, tree.mark, path, help="give it the key block"))
        return self._build(default, tree, names, path)

    def _type(self, word: Any, mark: Mark, path: str) -> type[Block]:
        if not isinstance(word, str):
            message = f"{path} takes the word of a block, got {show_value(word)}"
            raise self.fail(Problem("wrong-type", message, mark, path))
        if word not in self.vocabulary:
            near = nearest(word, self.vocabulary) or "`archspec blocks` lists them"
            raise self.fail(Problem("unknown-block", f"no block is called {word}", mark, path, help=near))
        return self.vocabulary[word]

    def _build(self, block: type[Block], tree: Fields, names: Mapping[str, Any], path: str) -> Block:
        """Validate the config; every field that is wrong is a problem of its own."""
        values, failed = self._values(block, tree, names, path)
        try:
            made = block.model_validate(values)
        except ValidationError as error:
            self._complain(error, block, tree, values, path, missing=True)
            raise UnresolvedError from None
        if failed:
            raise UnresolvedError
        self.built(made)
        return made

    def built(self, block: Block) -> None:
        """Called with every block that was built."""

    def fields(self, block: type[Block], tree: Fields, names: Mapping[str, Any], path: str) -> dict[str, Any]:
        """Checked values for some of a block's fields; those that are not given are not missed."""
        values, failed = self._values(block, tree, names, path)
        try:
            block.model_validate(values)
        except ValidationError as error:
            if self._complain(error, block, tree, values, path, missing=False):
                raise UnresolvedError from None
        if failed:
            raise UnresolvedError
        return values

    def _values(
        self, block: type[Block], tree: Fields, names: Mapping[str, Any], path: str
    ) -> tuple[dict[str, Any], bool]:
        """A config's values by field, slots filled; and whether one of them could not be had."""
        values: dict[str, Any] = {}
        failed = False
        slots = block.slots()
        for key, item in tree.entries.items():
            if key in RESERVED:
                continue
            try:
                if key in slots and not _is_null(item):
                    default = block.model_fields[key].default
                    kind = type(default) if isinstance(default, Block) else None
                    values[key] = self.block(item, names, f"{path}.{key}", default=kind)
                    takes = len(default.ports()) if isinstance(default, Block) else 1
                    self._check_role(values[key], slots[key], takes, item, f"{path}.{key}")
                else:
                    values[key] = self.value(item, names, f"{path}.{key}")
            except UnresolvedError:
                failed = True
        return values, failed

    def _complain(
        self,
        error: ValidationError,
        block: type[Block],
        tree: Fields,
        values: dict[str, Any],
        path: str,
        *,
        missing: bool,
    ) -> bool:
        """Write Pydantic's problems down, placed under `path`; say whether there were any."""
        found = [
            replace(problem, path=f"{path}.{problem.path}" if problem.path else path)
            for problem in complaints(error, block, _with_values(tree, values), block.word, missing=missing)
            if problem.code != "missing-key" or problem.message.rpartition(" ")[2] not in tree.entries
        ]
        self.problems += found
        return bool(found)

    def _check_role(self, block: Block, role: str, takes: int, tree: Tree, path: str) -> None:
        """A slot takes any block that could stand there: as many values in as its own block takes, and one out."""
        ports = block.ports()
        if len([port for port in ports if not port.variadic]) != takes or len(block.output_names()) > 1:
            names = ", ".join(port.name for port in ports) or "none"
            values = "one value" if takes == 1 else f"{takes} values"
            message = f"{path} is a slot for {values} in and one out; {block.word} has the ports {names}"
            raise self.fail(Problem("slot", message, tree.mark, path, help=f"a block of the role {role} fits"))


def _with_values(tree: Fields, values: dict[str, Any]) -> Fields:
    """A config's keys that have a value, expressions replaced by what they gave, so that a message quotes it."""
    entries: dict[str, Tree] = {}
    for key, item in tree.entries.items():
        if key not in values:
            continue
        if isinstance(item, Leaf) and key in values and not isinstance(values[key], Block | tuple | dict):
            item = Leaf(values[key], item.mark, item.plain)
        entries[key] = item
    return Fields(entries, tree.keys, tree.mark)


def show_value(value: Any) -> str:
    """A value that an expression gave, as a message quotes it."""
    if isinstance(value, Block):
        return f"the block {value.word}"
    if isinstance(value, tuple | list):
        return f"[{listing([show(item) for item in value], 8)}]"
    if isinstance(value, dict):
        return f"a mapping with {listing(value, 6)}"
    return show(value)


def marks_of(tree: Fields, prefix: str = "") -> dict[str, Mark]:
    """Dotted paths of a config's values, with their marks."""
    marks: dict[str, Mark] = {}
    for key, item in tree.entries.items():
        marks[prefix + key] = item.mark
        if isinstance(item, Fields):
            marks |= marks_of(item, f"{prefix}{key}.")
    return marks


def _is_null(tree: Tree) -> bool:
    return isinstance(tree, Leaf) and tree.value is None


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list | tuple) else value


def _within(leaf: Leaf, offset: int, width: int) -> Mark:
    """The part of an expression that is at fault, where the text stands as it is, on one line."""
    mark = leaf.mark
    if mark.line != mark.end_line:
        return mark
    start = mark.column + offset + (not leaf.plain)
    return Mark(mark.source, mark.line, start, mark.line, min(start + max(1, width), mark.end_column + 1))
