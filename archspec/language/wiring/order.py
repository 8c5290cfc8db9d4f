"""An order of a graph's nodes in which each comes after what it reads; and the check that all of them are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush

from archspec.errors import Problem
from archspec.graph.block import Ref
from archspec.graph.node import Node
from archspec.language.wiring.level import Level
from archspec.language.wiring.problems import Problems


def in_order(nodes: dict[str, Node], path: str, problems: Problems) -> dict[str, Node]:
    """The nodes sorted so that each comes after what it reads; in the author's order, where that leaves a choice."""
    reads = {name: [ref.node for ref in node.inputs if ref.node in nodes] for name, node in nodes.items()}
    for name, node in nodes.items():
        if node.share:
            reads[name].append(node.share)
    sorter = TopologicalSorter(reads)
    try:
        sorter.prepare()
    except CycleError as error:
        circle = error.args[1]
        node = nodes[circle[-1]]
        message = f"the nodes {' → '.join(circle)} read each other"
        problems.add(Problem("cycle", message, node.mark, f"{path}.{node.name}"))
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
