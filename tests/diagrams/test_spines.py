"""The law of spines: the longest way through a level is drawn straight; networkx says which way that is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import networkx
import pytest

import archspec
from archspec.diagrams.view import Level, Wire
from tests.diagrams.test_render import DEPTHS, SPECS, any_graph, name, read, shaped

TWO_BRANCHES = [file for file in SPECS if file.stem == "cross_vit"]


def levels(level: Level) -> Iterator[Level]:
    yield level
    for box in level.boxes.values():
        if box.inner:
            yield from levels(box.inner)


def spines(level: Level) -> Iterator[Wire]:
    """The wires that are the one longest way on from their source, and the one longest way to their target."""
    graph = networkx.DiGraph([(wire.source, wire.target) for wire in level.wires])
    order = list(networkx.topological_sort(graph))
    below: dict[str, int] = {}
    above: dict[str, int] = {}
    for box in reversed(order):
        below[box] = 1 + max((below[other] for other in graph.successors(box)), default=0)
    for box in order:
        above[box] = 1 + max((above[other] for other in graph.predecessors(box)), default=0)
    for wire in level.wires:
        on = [below[other.target] for other in level.wires if other.source == wire.source]
        to = [above[other.source] for other in level.wires if other.target == wire.target]
        longest = (below[wire.target], above[wire.source]) == (max(on), max(to))
        if longest and on.count(max(on)) == to.count(max(to)) == 1:
            yield wire


def bends(picture: archspec.diagrams.Picture) -> list[tuple[str, str]]:
    routes = {(source, target): points for source, target, points in read(picture.svg).edges}
    every = [(level, wire) for level in levels(picture.level) for wire in spines(level)]
    assert every
    ends = [(f"{level.boxes[wire.source].path}:{wire.out}", f"{level.boxes[wire.target].path}:{wire.into}")
            for level, wire in every]  # fmt: skip
    return [end for end in ends if len(routes[end]) > 2]


@pytest.mark.parametrize("direction", ["TB", "BT", "LR"])
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("file", SPECS, ids=name)
def test_the_longest_way_has_no_bend(file: Path, depth: int | str, direction: str) -> None:
    assert bends(archspec.render(shaped(file), depth=depth, direction=direction)) == []


@pytest.mark.parametrize("seed", range(60))
def test_the_longest_way_of_any_graph_has_no_bend(seed: int) -> None:
    assert bends(archspec.render(any_graph(seed), depth=seed % 3)) == []


@pytest.mark.parametrize("direction", ["TB", "BT", "LR"])
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("file", TWO_BRANCHES, ids=lambda file: file.parent.name)
def test_two_branches_enter_and_leave_straight(file: Path, depth: int | str, direction: str) -> None:
    page = read(archspec.render(shaped(file), depth=depth, direction=direction).svg)
    edges = {(source, target): points for source, target, points in page.edges
             if "stages" in (source.partition(":")[0], target.partition(":")[0])}  # fmt: skip
    assert len(edges) == 4
    assert [end for end, points in edges.items() if len(points) > 2] == []


@pytest.mark.parametrize("file", TWO_BRANCHES, ids=lambda file: file.parent.name)
def test_branches_keep_their_sides(file: Path) -> None:
    page = read(archspec.render(shaped(file)).svg)
    across = {item.path: item.x + item.w / 2 for item in page.nodes}
    small = [path for path in across if "small" in path and path.replace("small", "large") in across]
    assert len(small) > 5
    assert all(across[path] < across[path.replace("small", "large")] for path in small)


@pytest.mark.parametrize("depth", DEPTHS)
def test_one_way_through_all_is_one_line_under_the_title(depth: int | str) -> None:
    """PiT's pools part the class token from the patches and join them again."""
    picture = archspec.render(shaped(next(file for file in SPECS if file.stem == "pit")), depth=depth)
    across = {item.path: item.x + item.w / 2 for item in read(picture.svg).nodes}
    line = {across["image"], across["pos_embed"], across["norm"], across["head"], across["outputs.logits"]}
    assert line == {across["image"]}
    assert {text.x for text in picture.figure.texts if text.kind == "bold"} == line
