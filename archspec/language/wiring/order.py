"""An order of a graph's nodes in which each comes after what it reads; and the check that all of them are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush
from itertools import pairwise

from archspec.errors import Problem
from archspec.graph import Node, Ref
from archspec.language.wiring.level import Level
from archspec.language.wiring.problems import Problems


def in_order(nodes: dict[str, Node], path: str, problems: Problems) -> dict[str, Node]:
    """The nodes sorted so that each comes after what it reads; in the author's order, where that leaves a choice."""
    reads = {name: [ref.node for ref in node.inputs if ref.node in nodes] for name, node in nodes.items()}
    for name, node in nodes.items():
        if node.share in nodes:
            reads[name].append(node.share)
    sorter = TopologicalSorter(reads)
    try:
        sorter.prepare()
    except CycleError as error:
        problems.add(_cycle_problem(error.args[1], nodes, path))
        return nodes
    index = {name: number for number, name in enumerate(nodes)}
    ready = [(index[name], name) for name in sorter.get_ready()]
    heapify(ready)
    ordered: dict[str, Node] = {}
    while ready:
        name = heappop(ready)[1]
        ordered[name] = nodes[name]
        sorter.done(name)
        for free in sorter.get_ready():
            heappush(ready, (index[free], free))
    return ordered


def _cycle_problem(circle: list[str], nodes: dict[str, Node], path: str) -> Problem:
    """The problem of a circle in which each node reads the one before; its mark is the `from` that leads back."""
    index = {name: number for number, name in enumerate(nodes)}
    reader = next(name for read, name in pairwise(circle) if index[read] >= index[name])
    marks = nodes[reader].marks
    mark = marks.get("from") or marks.get("share") or nodes[reader].mark
    if len(circle) == 2:
        return Problem("cycle", f"{path}.{reader} reads itself", mark, f"{path}.{reader}")
    message = f"the nodes {' → '.join(circle)} read each other"
    return Problem("cycle", message, mark, f"{path}.{reader}")


def check_all_read(level: Level, nodes: Mapping[str, Node], outputs: Iterable[Ref], problems: Problems) -> None:
    """Report nodes and inputs that nothing reads and that are no output; only where no node is faulty."""
    if len(nodes) < len(level.blocks):
        return
    read = {ref.node for ref in outputs} | {ref.node for node in nodes.values() for ref in node.inputs}
    for name, node in nodes.items():
        if name not in read:
            message = f"nothing reads {name}, and it is no output"
            help = "name it under outputs or in the from of another node, or take it out"
            problems.add(Problem("unread", message, node.mark, f"{level.path}.{name}", help=help))
    for name in level.inputs:
        if name not in read:
            problems.add(Problem("unread", f"nothing reads the input {name}", level.tree.mark, level.path, key=name))
