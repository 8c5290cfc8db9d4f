"""A spec with all its variants: one after the other, in bounded work together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from archspec.errors import Problem, SpecError
from archspec.graph import Graph
from archspec.language.document import Fields, Items, Tree
from archspec.language.expression import MOST_STEPS, SpentError
from archspec.language.find import SpecFile, resolve
from archspec.language.load import graph_of
from archspec.language.shared import Shared
from archspec.language.spec import validate

STEPS_OF_A_VARIANT = 400
STEPS_OF_A_KEY = 5


@dataclass(slots=True)
class Variants:
    """The variants of a spec under the same settings.

    Both methods raise SpecError with what is wrong with a variant, or where all of them take too many steps.
    """

    spec: SpecFile
    overrides: Iterable[str] = ()
    allow_python: bool = False
    shared: Shared = field(default_factory=Shared)
    _names_are_fine: bool = False
    _steps: int = field(init=False)  # of checking a variant's structure, but for its own values

    def __post_init__(self) -> None:
        parts = self.spec.tree.entries
        shared = [_size(part) for key, part in parts.items() if "variants" in parts and key != "variants"]
        self._steps = STEPS_OF_A_VARIANT + STEPS_OF_A_KEY * sum(shared)

    def check(self, variant: str | None) -> None:
        """Check the structure of a variant: that what it overrides is there, and that every key is known."""
        validate(resolve(self._with(variant), variant, self.overrides))
        self._names_are_fine = True

    def graph(self, variant: str | None) -> Graph:
        """The shaped graph of a variant."""
        file = self._with(variant)
        graph = graph_of(file, variant, self.overrides, allow_python=self.allow_python, shared=self.shared)
        self._names_are_fine = True
        return graph

    def _with(self, variant: str | None) -> SpecFile:
        """The spec without the other variants, once it is known that all of them have names that they may have."""
        tree = self.spec.tree
        variants = tree.entries.get("variants")
        if not isinstance(variants, Fields):
            return self.spec
        name = variant or self.spec.default
        own = {name: variants.entries[name]} if name in variants.entries else {}
        alone = replace(variants, entries=own)
        try:
            self.shared.effort.spend(self._steps + STEPS_OF_A_KEY * _size(alone))
        except SpentError:
            message = f"the variants take more than {MOST_STEPS:,} steps to check all together"
            problem = Problem("too-large", message, tree.keys["variants"], "variants", help="check some of them alone")
            raise SpecError(problem) from None
        if not self._names_are_fine:
            return self.spec
        return replace(self.spec, tree=replace(tree, entries={**tree.entries, "variants": alone}))


def _size(tree: Tree) -> int:
    """How many values a tree has, at all depths."""
    if isinstance(tree, Fields):
        return 1 + sum(map(_size, tree.entries.values()))
    return 1 + sum(map(_size, tree.items)) if isinstance(tree, Items) else 1
