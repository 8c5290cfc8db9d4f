"""A spec and a dotted path → the explanation of the value there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from archspec.errors import Problem, SpecError
from archspec.language.document import Fields, locate
from archspec.language.explain.explanation import Explanation
from archspec.language.explain.guide import Guide
from archspec.language.explain.path import LostError, lost_problem
from archspec.language.find import open_spec, resolve
from archspec.language.load import settings
from archspec.language.spec import SPEC_KEYS, validate
from archspec.language.wiring import Problems, read_preamble
from archspec.language.words import collect

MOST_WORDS = 100


def explain(
    spec: str | Path,
    path: str,
    variant: str | None = None,
    overrides: Iterable[str] | dict[str, Any] | None = None,
    *,
    allow_python: bool = False,
) -> Explanation:
    """Explain the value at a dotted path, `graph.stage3.repeat`; `graph.` may be left out.

    The path goes on into slots and into blocks written in YAML, `stage3.layers.mlp.ratio`; `stage3.layers.3.drop_path`
    is one of a repeat. Raises SpecError where there is no such value, or the document has structural problems.
    """
    file = open_spec(spec)
    tree = resolve(file, variant or file.variant, settings(overrides))
    collected = collect(validate(tree), file.path, allow_python=allow_python)
    preamble = read_preamble(collected.marked, collected.vocabulary, Problems())
    guide = Guide(preamble, collected.marked.tree)
    words = [word for word in path.split(".") if word]
    if words and not _at_top(words, tree):
        words = ["graph", *words]
    try:
        if not words:
            raise LostError("", list(tree.entries))
        if len(words) > MOST_WORDS:
            message = f"a path of {len(words)} words is longer than the {MOST_WORDS} that are followed"
            raise SpecError(Problem("unknown-path", message))
        explanation = guide.follow(words, guide.params)
    except LostError as lost:
        raise SpecError(lost_problem(lost, words, file.tree, tree)) from None
    explanation.follow()
    return explanation


def _at_top(words: list[str], tree: Fields) -> bool:
    """Whether a path begins with a key of the spec. A node may bear the name of one, such as `blocks`."""
    if words[0] not in SPEC_KEYS:
        return False
    graph = tree.entries.get("graph")
    is_node = isinstance(graph, Fields) and words[0] in graph.entries
    return not is_node or locate(tree, words) is not None
