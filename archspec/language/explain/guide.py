"""The way from a dotted path to a value: through mappings, nodes, slots, and the graphs of blocks written in YAML."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from archspec.graph import Block
from archspec.language.document import Fields, Tree, locate
from archspec.language.explain.address import Places
from archspec.language.explain.explanation import Explanation
from archspec.language.explain.path import LostError, step
from archspec.language.explain.scope import Scope
from archspec.language.explain.value import Failure
from archspec.language.spec import NODE_KEYS, NodeSpec, docstring_of
from archspec.language.wiring import Definition, Preamble, Problems, Tally, UnresolvedError, evaluate_tree


class Guide:
    """Follows paths through one document. Every method raises LostError where a path leads nowhere.

    `words` are what is left of the path, `path` what has been followed of it.
    """

    def __init__(self, preamble: Preamble, tree: Fields) -> None:
        self.preamble, self.tree, self.places, self.tally = preamble, tree, Places(), Tally()
        self.params = Scope(preamble.params, cache(self.param))

    def follow(self, words: list[str], scope: Scope) -> Explanation:
        """The value at a path from the top of the document."""
        if words[0] == "graph" and len(words) > 1 and isinstance(graph := self.tree.entries.get("graph"), Fields):
            return self.node(graph, words[1:], scope, "graph")
        if words[0] == "params" and len(words) == 2 and self.params.explain:
            return self.params.explain(words[1])
        at: Tree = self.tree
        for word in words:
            at = step(at, word)
        return self.value(at, scope, ".".join(words))

    def param(self, name: str) -> Explanation:
        """A parameter of the spec."""
        return self.value(step(step(self.tree, "params"), name), self.params, f"params.{name}")

    def node(self, level: Fields, words: list[str], scope: Scope, path: str) -> Explanation:
        """A node of a graph, or a value below it."""
        at, path = step(level, words[0]), f"{path}.{words[0]}"
        words = words[1:]
        if isinstance(at, Fields) and "repeat" in at.entries:
            count = self.known(at.entries["repeat"], scope, f"{path}.repeat")
            n = count if type(count) is int and count > 0 else 1
            i = 0
            if words and words[0].isdecimal():
                i = int(words[0][:9])
                if i >= n:
                    raise LostError(words[0], [str(place) for place in range(n)])
                words, path = words[1:], f"{path}.{i}"
            scope = scope.repeated(i, n)
        return self.block(at, words, scope, path, None)

    def block(
        self, at: Tree | None, words: list[str], scope: Scope, path: str, default: type[Block] | None
    ) -> Explanation:
        """A block's mapping or word, or one of its fields; `default` is the block where `at` names none."""
        if at is not None and (not words or (words[0] == "block" and isinstance(at, Fields))):
            return self.value(step(at, "block") if words else at, scope, ".".join([path, *words]))
        kind = self.kind(at, scope, path) or default
        name = words[0]
        item = _entry(at, name)
        is_field = kind is not None and name in kind.model_fields
        if kind and name in kind.slots() and len(words) > 1:
            inner = self.in_slot(item, scope, f"{path}.{name}", kind.model_fields[name].default)
            return self.block(item, words[1:], scope, f"{path}.{name}", inner)
        if item is not None and (kind is None or is_field or name in NODE_KEYS):
            for word in words[1:]:
                item = step(item, word)
            doc = docstring_of(kind, name) if kind and is_field else docstring_of(NodeSpec, name)
            return replace(self.value(item, scope, ".".join([path, *words])), doc=_first_line(doc))
        if kind and is_field and len(words) == 1:
            return self.unset(kind, name, f"{path}.{name}")
        if kind is not None and issubclass(kind, Definition):
            return self.body(kind, at, words, scope, path)
        known = [*(kind.model_fields if kind else ()), *(at.entries if isinstance(at, Fields) else ())]
        raise LostError(name, list(dict.fromkeys(known)))

    def body(self, kind: type[Definition], at: Tree | None, words: list[str], scope: Scope, path: str) -> Explanation:
        """A node within a block written in YAML, where expressions read the block's own parameters."""
        graph = kind.tree.entries["graph"]
        assert isinstance(graph, Fields)
        if words[0] == "graph" and len(words) > 1:
            words = words[1:]
        if words[0] not in graph.entries:
            raise LostError(words[0], [*kind.model_fields, *graph.entries])
        names: dict[str, Any] = {}
        for name, field in kind.model_fields.items():
            item = _entry(at, name)
            names[name] = self.known(item, scope, path) if item is not None else field.default
        return self.node(
            graph, words, Scope(names, cache(lambda name: self.block(at, [name], scope, path, kind))), path
        )

    def unset(self, kind: type[Block], name: str, path: str) -> Explanation:
        """A field that its node does not set: the spec's own default for the block, or the block's."""
        field = kind.model_fields[name]
        doc = _first_line(docstring_of(kind, name))
        defaults = self.preamble.defaults.get(kind.word, {})
        if name in defaults:
            at = locate(self.tree, ("defaults", kind.word, name))
            return Explanation(path, defaults[name], (self.places.setting(at),) if at else (), doc=doc)
        if field.is_required():
            return Explanation(path, None, default=f"{kind.word} needs it, and nobody sets it", doc=doc)
        if issubclass(kind, Definition):
            at = locate(kind.tree, ("params", name))
            return Explanation(path, field.default, (self.places.setting(at),) if at else (), doc=doc)
        return Explanation(path, field.default, default=f"the default of {kind.word}", doc=doc)

    def kind(self, at: Tree | None, scope: Scope, path: str) -> type[Block] | None:
        """The class that a mapping or a word stands for; None where it names no known block."""
        leaf = at.entries.get("block") if isinstance(at, Fields) else at
        word = self.known(leaf, scope, path) if leaf is not None else None
        if isinstance(word, Block):
            return type(word)
        vocabulary = self.preamble.vocabulary
        return vocabulary[word] if isinstance(word, str) and word in vocabulary else None

    def in_slot(self, item: Tree | None, scope: Scope, path: str, default: Any) -> type[Block] | None:
        """The class of the block in a slot: the one that the spec names there, or the slot's default."""
        own = type(default) if isinstance(default, Block) else None
        return (self.kind(item, scope, path) or own) if item is not None else own

    def value(self, at: Tree, scope: Scope, path: str) -> Explanation:
        """Any tree: its value and its places; a mapping's keys are explained one by one."""
        places = tuple(self.places.setting(tree) for tree in (*at.earlier, at))
        if isinstance(at, Fields):
            parts = [self.value(item, scope, f"{path}.{key}") for key, item in at.entries.items()]
            return Explanation(path, {part.path: part.value for part in parts}, places, parts=tuple(parts))
        return Explanation(path, self.known(at, scope, path), places, reader=lambda: scope.reads(at))

    def known(self, at: Tree, scope: Scope, path: str) -> Any:
        """The value of a tree; a Failure where its expression has none."""
        problems = Problems()
        try:
            return evaluate_tree(at, scope.names, path, problems, self.tally)
        except UnresolvedError:
            return Failure(problems[0].message if problems else "a parameter that it reads has no value")


def _entry(at: Tree | None, name: str) -> Tree | None:
    return at.entries.get(name) if isinstance(at, Fields) else None


def _first_line(doc: str | None) -> str | None:
    return doc.strip().splitlines()[0] if doc and doc.strip() else None
