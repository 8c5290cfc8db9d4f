"""The bodies of blocks written in YAML: wired before they are placed, for the values that the blocks will have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from archspec.errors import Mark, Problem, Source
from archspec.graph import Graph, Ref, identity, with_defaults
from archspec.language.document import Fields, Tree
from archspec.language.spec import show_value
from archspec.language.wiring.definition import Definition
from archspec.language.wiring.edges import connect, output_refs, reference
from archspec.language.wiring.level import Level
from archspec.language.wiring.nodes import build_blocks
from archspec.language.wiring.order import check_all_read, in_order
from archspec.language.wiring.params import Preamble
from archspec.language.wiring.problems import Problems
from archspec.language.wiring.rehearsal import rehearse
from archspec.language.wiring.resolver import Resolver
from archspec.language.wiring.values import fields_at


class Bodies:
    """Wires each body once for each set of values."""

    def __init__(self, preamble: Preamble, problems: Problems) -> None:
        self._preamble, self._problems, self._tally = preamble, problems, preamble.tally
        self._open: list[str] = []  # the blocks whose bodies are being wired
        self._finished: set[Any] = set()
        self._used: set[str] = set()  # the words of the blocks that were wired

    def resolver(self, names: Mapping[str, Any]) -> Resolver:
        """The resolver for a graph whose expressions read these names; it wires the bodies of the blocks it builds."""
        return Resolver(names, self._preamble.vocabulary, self._problems, self._tally, self.wire)

    def wire(self, block: Definition, tree: Tree, path: str) -> None:
        """Give a block its body, for its values and the spec's defaults; faults go to the problems.

        `tree` is the mapping that configures the block, `path` its address: a fault that its values cause names them.
        """
        self._used.add(block.word)
        placed = with_defaults(block, self._preamble.defaults)
        assert isinstance(placed, Definition)
        self._tally.spend_on(placed, type(placed).mark, f"blocks.{placed.word}", self._problems)
        key = identity(placed)
        if key not in self._finished:
            with self._problems.within(_use(block, tree, path)):
                graph = self._body(placed)
            self._finished.add(key)
            if graph:
                type(placed).bodies[key] = graph

    def rehearse(self, words: Iterable[str]) -> None:
        """Report the faults of those blocks that nothing has placed; what depends on their values is left open."""
        for word in words:
            kind = self._preamble.vocabulary[word]
            if word not in self._used and issubclass(kind, Definition):
                rehearse(kind, self.resolver({}))

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


def _use(block: Definition, tree: Tree, path: str) -> tuple[str, ...]:
    """Where a block is placed, and with which values, for messages about its body; nothing where it is given none."""
    here = type(block).mark.source
    values = [
        f"with: {key} = {show_value(getattr(block, key))} ({_place(item.mark, here)})"
        for key, item in (tree.entries if isinstance(tree, Fields) else {}).items()
        if key in block.model_fields_set
    ]
    return (f"in:   {path} ({_place(tree.mark, here)})", *values[:4]) if values else ()


def _place(mark: Mark, here: Source) -> str:
    """The line of a mark, with the file's name if this is not the one that the reader looks at."""
    return f"line {mark.line}" if mark.source is here else str(mark)


def _outputs(kind: type[Definition], level: Level, path: str, problems: Problems) -> dict[str, Ref]:
    """The outputs that the block states; by default the last node."""
    if kind.spec.outputs is not None:
        return output_refs(kind.spec.outputs, level, fields_at(kind.tree, "outputs"), f"{path}.outputs", problems)
    last = list(level.tree.entries)[-1]
    mark = level.tree.keys[last]
    return {"out": reference(last, level, mark, f"{level.path}.out", problems)}
