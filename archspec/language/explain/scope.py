"""The names that an expression may read, each with its explanation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from archspec.language.document import Items, Leaf, Tree
from archspec.language.explain.explanation import Explanation
from archspec.language.expression import ExpressionError, is_expression, references

_COUNTERS = ("i", "n")  # of a repeat


@dataclass(frozen=True, slots=True)
class Scope:
    """The values that expressions read, and the function that explains one of them by its name."""

    names: Mapping[str, Any]
    explain: Callable[[str], Explanation] | None = None

    def repeated(self, i: int, n: int) -> Scope:
        """The scope of repeat `i` of `n`."""
        return Scope({**self.names, "i": i, "n": n}, self.explain)

    def reads(self, tree: Tree) -> tuple[Explanation, ...]:
        """The explanations of all names that a scalar, or the scalars of a list, read."""
        if isinstance(tree, Items):
            reads = [read for item in tree.items for read in self.reads(item)]
            return tuple({read.path: read for read in reads}.values())
        if isinstance(tree, Leaf) and isinstance(tree.value, str) and is_expression(tree.value):
            return self._expression(tree.value)
        return ()

    def _expression(self, text: str) -> tuple[Explanation, ...]:
        try:
            names = sorted(references(text))
        except ExpressionError:  # evaluating it tells why
            return ()
        return tuple(self._name(name) for name in names if name in self.names)

    def _name(self, name: str) -> Explanation:
        if name in _COUNTERS:
            return Explanation(name, self.names[name], default="counts the repeats")
        return self.explain(name) if self.explain else Explanation(name, self.names[name])
