"""A document's values: expressions evaluated against the names of a scope."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archspec.errors import Mark, Problem
from archspec.language.document import Fields, Leaf, Tree
from archspec.language.expression import ExpressionError, SpentError, evaluate, is_expression, references
from archspec.language.spec import show_value
from archspec.language.wiring.problems import Problems, UnresolvedError
from archspec.language.wiring.tally import Tally

STEPS_OF_A_LETTER = 5


class Unknown:
    """Stands for a parameter that has problems of its own; expressions that read it are not reported again."""


def evaluate_tree(tree: Tree, names: Mapping[str, Any], path: str, problems: Problems, tally: Tally) -> Any:
    """Plain data with every expression evaluated; lists become tuples. Raises UnresolvedError."""
    if isinstance(tree, Leaf):
        if isinstance(tree.value, str) and is_expression(tree.value):
            return _evaluate(tree, tree.value, names, path, problems, tally)
        return tree.value
    if isinstance(tree, Fields):
        tally.spend(len(tree.entries), tree.mark, path, problems)
        items = tree.entries.items()
        return {key: evaluate_tree(item, names, f"{path}.{key}", problems, tally) for key, item in items}
    tally.spend(len(tree.items), tree.mark, path, problems)
    places = enumerate(tree.items)
    return tuple([evaluate_tree(item, names, f"{path}.{place}", problems, tally) for place, item in places])


def _evaluate(leaf: Leaf, text: str, names: Mapping[str, Any], path: str, problems: Problems, tally: Tally) -> Any:
    try:
        if any(isinstance(names.get(name), Unknown) for name in references(text)):
            raise UnresolvedError
        return evaluate(text, names, tally.effort)
    except SpentError:
        raise tally.spent(leaf.mark, path, problems) from None
    except ExpressionError as error:
        mark = _mark_within(leaf, error.offset, error.width)
        values = [f"with: {name} = {show_value(value)}" for name, value in error.values.items()]
        problem = Problem("expression", f"{text}: {error}", mark, path, tuple(values[:8]), error.help)
        raise problems.fail(problem) from None


def names_read(tree: Tree, path: str, problems: Problems, tally: Tally) -> set[str]:
    """The names that the expressions in a tree read."""
    if not isinstance(tree, Leaf):
        items = tree.entries.values() if isinstance(tree, Fields) else tree.items
        return {name for item in items for name in names_read(item, path, problems, tally)}
    if not isinstance(tree.value, str) or not is_expression(tree.value):
        return set()
    tally.spend(STEPS_OF_A_LETTER * len(tree.value), tree.mark, path, problems)
    try:
        return set(references(tree.value))
    except ExpressionError:  # reported when it is evaluated
        return set()


def fields_at(tree: Fields, key: str) -> Fields:
    """The mapping at a key; an empty one where there is none."""
    fields = tree.entries.get(key)
    return fields if isinstance(fields, Fields) else Fields({}, {}, tree.mark)


def _mark_within(leaf: Leaf, offset: int, width: int) -> Mark:
    """The part of an expression that is at fault; the whole of one that covers several lines."""
    mark = leaf.mark
    if mark.line != mark.end_line:
        return mark
    start = mark.column + offset + (not leaf.plain)  # behind the quote
    return Mark(mark.source, mark.line, start, mark.line, min(start + max(1, width), mark.end_column + 1))
