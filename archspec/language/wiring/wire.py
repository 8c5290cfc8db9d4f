"""Spec → Graph: words become blocks, expressions values, names and ports edges. No shapes yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from archspec.graph import Graph, Ref
from archspec.language.expression import Effort
from archspec.language.spec import Marked, Modes
from archspec.language.wiring.bodies import Bodies
from archspec.language.wiring.edges import connect, output_refs
from archspec.language.wiring.inputs import input_shapes
from archspec.language.wiring.level import Level
from archspec.language.wiring.nodes import build_blocks
from archspec.language.wiring.order import check_all_read, in_order
from archspec.language.wiring.params import read_preamble
from archspec.language.wiring.problems import Problems
from archspec.language.wiring.values import fields_at
from archspec.language.words import Vocabulary


@dataclass(frozen=True, slots=True, eq=False)
class Wired:
    """A spec's graph without shapes, and what shaping it takes."""

    graph: Graph
    defaults: Mapping[str, Mapping[str, Any]]
    """By block word: values of fields that no node sets."""
    params: Mapping[str, Any]
    """The values of the spec's parameters."""
    effort: Effort
    """What is left for other expressions of the spec."""


def wire(marked: Marked, vocabulary: Vocabulary | None = None, effort: Effort | None = None) -> Wired:
    """Wire a spec. Raises SpecError with every problem of this step, also where the `effort` is spent."""
    problems = Problems()
    preamble = read_preamble(marked, vocabulary or Vocabulary(), problems, effort)
    bodies = Bodies(preamble, problems)
    for block, tree, path in preamble.unwired:
        bodies.wire(block, tree, path)
    inputs = input_shapes(fields_at(marked.tree, "inputs"), preamble.params, problems, preamble.tally)
    before = len(problems)
    level = Level("graph", fields_at(marked.tree, "graph"), marked.spec.graph, list(marked.spec.inputs))
    build_blocks(level, bodies.resolver(preamble.params))
    nodes = in_order(connect(level, problems), level.path, problems)
    outputs, train = _outputs(marked, level, problems)
    if len(problems) == before:
        check_all_read(level, nodes, [*outputs.values(), *(train or {}).values()], problems)
    bodies.rehearse(marked.spec.blocks)
    if problems:
        raise problems.error()
    return Wired(Graph(inputs, nodes, outputs, train), preamble.defaults, preamble.params, preamble.tally.effort)


def _outputs(marked: Marked, level: Level, problems: Problems) -> tuple[dict[str, Ref], dict[str, Ref] | None]:
    """The outputs of evaluation, and those of training where they differ."""
    outputs, tree = marked.spec.outputs, fields_at(marked.tree, "outputs")
    if not isinstance(outputs, Modes):
        return output_refs(outputs, level, tree, "outputs", problems), None
    train = output_refs(outputs.train, level, fields_at(tree, "train"), "outputs.train", problems)
    return output_refs(outputs.eval, level, fields_at(tree, "eval"), "outputs.eval", problems), train
