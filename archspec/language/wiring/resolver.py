"""A node's keys → its block: expressions evaluated, slots filled, values checked against the block's fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from archspec.errors import Mark, Problem, nearest
from archspec.graph import Block
from archspec.language.document import Fields, Items, Leaf, Tree, plain
from archspec.language.spec import NODE_KEYS, SHARING_KEYS, complaints, show, show_value
from archspec.language.wiring.definition import Definition
from archspec.language.wiring.problems import Problems, UnresolvedError
from archspec.language.wiring.tally import Tally
from archspec.language.wiring.values import Unknown, evaluate_tree
from archspec.language.words import Vocabulary


@dataclass(frozen=True, slots=True, eq=False)
class Resolver:
    """Builds the blocks of one scope. Every method that returns a value raises UnresolvedError where it has none."""

    names: Mapping[str, Any]
    """The values that expressions may read."""
    vocabulary: Vocabulary
    problems: Problems
    tally: Tally
    wire_body: Callable[[Definition, Tree, str], None]
    """Called with every block written in YAML that was built, and the mapping that configures it with its path."""

    def repeats(self, n: int) -> Iterator[Resolver]:
        """The resolver for each of `n` repeats, good until the next one is asked for."""
        names = {**self.names, "n": n}
        scope = replace(self, names=names)
        for names["i"] in range(n):
            yield scope

    def value(self, tree: Tree, path: str) -> Any:
        """Plain data with every expression evaluated; lists become tuples."""
        return evaluate_tree(tree, self.names, path, self.problems, self.tally)

    def block(self, tree: Tree, path: str, *, default: type[Block] | None = None) -> Block:
        """The block that a node's mapping, or a slot's word or mapping, stands for; `default` is that of the slot."""
        if isinstance(tree, Leaf):
            word = self.value(tree, path)
            if isinstance(word, Block):
                return word
            return self._build(self._type(word, tree.mark, path), Fields({}, {}, tree.mark), path)
        if isinstance(tree, Items):
            message = f"{path} takes a block, got {show(tree)}"
            raise self.problems.fail(Problem("wrong-type", message, tree.mark, path))
        if "block" in tree.entries:
            leaf = tree.entries["block"]
            word = self.value(leaf, f"{path}.block")
            if isinstance(word, Block):
                return self._finished(word, tree, path)
            return self._build(self._type(word, leaf.mark, path), tree, path)
        if default is None:
            message = f"{path} does not say which block it is"
            help = "give it the key block"
            raise self.problems.fail(Problem("missing-key", message, tree.mark, path, help=help, key="block"))
        return self._build(default, tree, path)

    def _finished(self, block: Block, tree: Fields, path: str) -> Block:
        """The block that a slot's parameter holds; it has its values, so the node that names it cannot set any."""
        if extra := [key for key in tree.entries if key not in NODE_KEYS]:
            message = f"{path}: block gives {block.word} with all its values, so {extra[0]} cannot be set here"
            raise self.problems.fail(Problem("unknown-key", message, tree.keys[extra[0]], path, key=extra[0]))
        return block

    def fields(self, block: type[Block], tree: Fields, path: str) -> dict[str, Any]:
        """Validate a partial config: absent fields are not reported."""
        values, failed = self._values(block, tree, path)
        try:
            block.model_validate(values)
        except ValidationError as error:
            if self._complain(error, block, tree, values, path, missing=False):
                raise UnresolvedError from None
        if failed:
            raise UnresolvedError
        return values

    def _type(self, word: Any, mark: Mark, path: str) -> type[Block]:
        if not isinstance(word, str):
            message = f"{path} takes the word of a block, got {show_value(word)}"
            raise self.problems.fail(Problem("wrong-type", message, mark, path))
        if word not in self.vocabulary:
            help = nearest(word, self.vocabulary) or "`archspec blocks` lists them"
            raise self.problems.fail(Problem("unknown-block", f"no block is called {word}", mark, path, help=help))
        return self.vocabulary[word]

    def _build(self, kind: type[Block], tree: Fields, path: str) -> Block:
        """Validate a config; every faulty field is a problem of its own."""
        self.tally.nested += 1
        self.tally.check(tree.mark, path, self.problems)
        values, failed = self._values(kind, tree, path)
        self.tally.nested -= 1
        try:
            block = kind.model_validate(values)
        except ValidationError as error:
            self._complain(error, kind, tree, values, path, missing=True)
            raise UnresolvedError from None
        if failed:
            raise UnresolvedError
        self.tally.built(tree.mark, path, self.problems)
        if isinstance(block, Definition):
            self.wire_body(block, tree, path)
        return block

    def _values(self, block: type[Block], tree: Fields, path: str) -> tuple[dict[str, Any], bool]:
        """A config's values by field, slots filled; and whether one of them could not be resolved."""
        values: dict[str, Any] = {}
        failed = False
        slots = block.slots()
        unknown = [key for key in tree.entries if key not in (*NODE_KEYS, *block.model_fields)]
        scope = self._perhaps_repeated() if unknown and "repeat" not in tree.entries else self
        for key, item in tree.entries.items():
            if key in NODE_KEYS:
                continue
            try:
                if key in unknown:
                    values[key] = plain(item)  # reported for its name, whatever it holds
                elif key in slots and not _is_null(item):
                    values[key] = scope._slot(block, key, slots[key], item, f"{path}.{key}")
                else:
                    values[key] = scope.value(item, f"{path}.{key}")
            except UnresolvedError:
                failed = True
        return values, failed

    def _perhaps_repeated(self) -> Resolver:
        """The resolver for a node one of whose keys may be a misspelt `repeat`: what i and n are is not known."""
        return replace(self, names={"i": Unknown(), "n": Unknown(), **self.names})

    def _slot(self, outer: type[Block], key: str, role: str, tree: Tree, path: str) -> Block:
        """The block in a slot: it reads as many values as the slot's default block, and gives one."""
        wiring = [other for other in SHARING_KEYS if other != "doc"] + ["repeat", "layer_dropout"]
        if isinstance(tree, Fields) and (extra := [other for other in tree.entries if other in wiring]):
            message = f"{path} is a slot of {outer.word}, so it cannot say {extra[0]}: only a node can"
            raise self.problems.fail(Problem("unknown-key", message, tree.keys[extra[0]], path, key=extra[0]))
        default = outer.model_fields[key].default
        has_default = isinstance(default, Block)
        block = self.block(tree, path, default=type(default) if has_default else None)
        ports, reads = block.ports(), len(default.ports()) if has_default else 1
        if len([port for port in ports if not port.variadic]) != reads or len(block.output_names()) > 1:
            names = ", ".join(port.name for port in ports) or "none"
            values = "one value" if reads == 1 else f"{reads} values"
            message = f"{path} is a slot for {values} in and one out; {block.word} has the ports {names}"
            help = f"a block of the role {role} fits"
            raise self.problems.fail(Problem("slot", message, tree.mark, path, help=help))
        return block

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
        """Record Pydantic's problems, placed under `path`; returns whether there were any."""
        problems = [
            replace(problem, path=f"{path}.{problem.path}" if problem.path else path)
            for problem in complaints(
                error, block, _with_values(tree, values), block.word, missing=missing, also=NODE_KEYS
            )
            if problem.code != "missing-key" or problem.key not in tree.entries  # one that failed is not missing
        ]
        self.problems.add(*problems)
        return bool(problems)


def _with_values(tree: Fields, values: dict[str, Any]) -> Fields:
    """A config's keys that have a value, expressions replaced by their results, so that messages quote these."""
    entries: dict[str, Tree] = {}
    for key, item in tree.entries.items():
        if key not in values:
            continue
        if isinstance(item, Leaf) and not isinstance(values[key], Block | tuple | dict):
            item = Leaf(values[key], item.mark, item.plain)
        entries[key] = item
    return Fields(entries, tree.keys, tree.mark)


def _is_null(tree: Tree) -> bool:
    return isinstance(tree, Leaf) and tree.value is None
