"""The bodies of blocks written in YAML: wired before they are placed, for the values that the blocks will have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archspec.errors import Problem
from archspec.graph import Graph, Ref, identity, with_defaults
from archspec.language.wiring.definition import Definition
from archspec.language.wiring.edges import connect, output_refs
from archspec.language.wiring.level import Level
from archspec.language.wiring.nodes import build_blocks
from archspec.language.wiring.order import check_all_read, in_order
from archspec.language.wiring.params import Preamble
from archspec.language.wiring.problems import Problems
from archspec.language.wiring.resolver import Resolver
from archspec.language.wiring.values import fields_at, marks_at


class Bodies:
    """Wires each body once for each set of values."""

    def __init__(self, preamble: Preamble, problems: Problems) -> None:
        self._preamble, self._problems, self._tally = preamble, problems, preamble.tally
        self._open: list[str] = []  # the blocks whose bodies are being wired
        self._finished: set[Any] = set()

    def resolver(self, names: Mapping[str, Any]) -> Resolver:
        """The resolver for a graph whose expressions read these names; it wires the bodies of the blocks it builds."""
        return Resolver(names, self._preamble.vocabulary, self._problems, self._tally, self.wire)

    def wire(self, block: Definition) -> None:
        """Give a block its body, for its values and the spec's defaults; faults go to the problems."""
        placed = with_defaults(block, self._preamble.defaults)
        assert isinstance(placed, Definition)
        kind, path = type(placed), f"blocks.{placed.word}"
        self._tally.spend_on(placed, kind.mark, path, self._problems)
        key = identity(placed)
        if key not in self._finished:
            graph = self._body(placed)
            self._finished.add(key)
            if graph:
                type(placed).bodies[key] = graph

    def _body(self, block: Definition) -> Graph | None:
        """The body; None where it has problems."""
        kind, path, problems = type(block), f"blocks.{block.word}", self._problems
        if block.word in self._open:
            circle = " → ".join([*self._open[self._open.index(block.word) :], block.word])
            problems.add(Problem("cycle", f"the blocks {circle} contain each other", kind.mark, path))
            return None
        self._tally.check(kind.mark, path, problems)
        before = len(problems)
        level = Level(f"{path}.graph", fields_at(kind.tree, "graph"), kind.spec.graph, kind.spec.inputs)
        self._open.append(block.word)
        self._tally.nested += 1
        build_blocks(level, self.resolver(dict(block.__dict__)))
        self._tally.nested -= 1
        self._open.pop()
        nodes = in_order(connect(level, problems), level.path, problems)
        outputs = _outputs(kind, level, path, problems)
        if len(problems) == before:
            check_all_read(level, nodes, outputs.values(), problems)
        return Graph({}, nodes, outputs) if len(problems) == before else None


def _outputs(kind: type[Definition], level: Level, path: str, problems: Problems) -> dict[str, Ref]:
    """The outputs that the block states; by default the last node."""
    if kind.spec.outputs is not None:
        return output_refs(kind.spec.outputs, level, marks_at(kind.tree, "outputs"), f"{path}.outputs", problems)
    last = list(level.tree.entries)[-1]
    return output_refs({"out": last}, level, {"out": level.tree.keys[last]}, level.path, problems)
