"""What a spec says before its graph: the blocks that it defines, its parameters, and its defaults."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from archspec.errors import Problem, nearest
from archspec.language.document import Fields, Tree
from archspec.language.expression import Effort
from archspec.language.spec import Marked
from archspec.language.wiring.definition import Definition, define
from archspec.language.wiring.problems import Problems, UnresolvedError
from archspec.language.wiring.resolver import Resolver
from archspec.language.wiring.tally import Tally
from archspec.language.wiring.values import Unknown, evaluate_tree, fields_at, names_read
from archspec.language.words import Vocabulary

STEPS_OF_A_DEFINITION = 1_000
STEPS_OF_A_FIELD = 50


@dataclass(frozen=True, slots=True, eq=False)
class Preamble:
    """The words, names and defaults that a spec's graph is wired with."""

    vocabulary: Vocabulary
    """The given vocabulary, and the blocks that the spec writes in YAML."""
    params: dict[str, Any]
    """The parameters' values; Unknown for one that has problems."""
    defaults: dict[str, dict[str, Any]]
    """By block word: values of fields that no node sets."""
    unwired: tuple[tuple[Definition, Tree, str], ...]
    """Blocks in slots of the defaults, each with the tree and the path that configure it.

    Their bodies are wired once the defaults are known.
    """
    tally: Tally


def read_preamble(marked: Marked, vocabulary: Vocabulary, problems: Problems, effort: Effort | None = None) -> Preamble:
    """Define a spec's blocks and resolve its parameters and defaults; faults go to `problems`."""
    tree = marked.tree
    tally = Tally(effort=effort or Effort())
    vocabulary = _with_definitions(marked, vocabulary, problems, tally)
    params = _params(fields_at(tree, "params"), problems, tally)
    unwired: list[tuple[Definition, Tree, str]] = []
    resolver = Resolver(params, vocabulary, problems, tally, lambda *place: unwired.append(place))
    return Preamble(vocabulary, params, _defaults(fields_at(tree, "defaults"), resolver), tuple(unwired), tally)


def _with_definitions(marked: Marked, vocabulary: Vocabulary, problems: Problems, tally: Tally) -> Vocabulary:
    own, trees = dict(vocabulary.own), fields_at(marked.tree, "blocks")
    for word, block in marked.spec.blocks.items():
        tree = fields_at(trees, word)
        if vocabulary.taken(word):
            message = f"a block of the package is called {word} already"
            problems.add(Problem("name", message, tree.mark, f"blocks.{word}"))
        steps = STEPS_OF_A_DEFINITION + STEPS_OF_A_FIELD * len(block.params)
        tally.spend(steps, tree.mark, f"blocks.{word}", problems)
        own[word] = define(word, block, tree, problems)
    return Vocabulary(own)


def _params(tree: Fields, problems: Problems, tally: Tally) -> dict[str, Any]:
    """The parameters by name, evaluated in an order in which each comes after those that it reads."""
    names: dict[str, Any] = {}
    known = set(tree.entries)
    reads = {name: names_read(item, f"params.{name}", problems, tally) & known for name, item in tree.entries.items()}
    try:
        order = list(TopologicalSorter(reads).static_order())
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        message = f"the parameters {' → '.join(circle)} need each other"
        problems.add(Problem("cycle", message, tree.entries[circle[0]].mark, f"params.{circle[0]}"))
        return dict.fromkeys(tree.entries, Unknown())
    for name in order:
        try:
            names[name] = evaluate_tree(tree.entries[name], names, f"params.{name}", problems, tally)
        except UnresolvedError:
            names[name] = Unknown()
    return names


def _defaults(tree: Fields, resolver: Resolver) -> dict[str, dict[str, Any]]:
    """Field values by block word, each checked as if a node had set it."""
    defaults: dict[str, dict[str, Any]] = {}
    vocabulary = resolver.vocabulary
    for word, fields in tree.entries.items():
        path = f"defaults.{word}"
        if word not in vocabulary or not isinstance(fields, Fields):
            message, help = f"no block is called {word}", nearest(word, vocabulary)
            resolver.problems.add(Problem("unknown-block", message, tree.keys[word], path, help=help))
            continue
        with suppress(UnresolvedError):
            defaults[word] = resolver.fields(vocabulary[word], fields, path)
    return defaults
