"""Images whose last rows or columns no window of a kernel reaches: the numbers are dropped, and nothing fails."""

from __future__ import annotations

from archspec.errors import listing
from archspec.graph import Graph, Image
from archspec.ops.conv import Window


def crops(graph: Graph) -> list[str]:
    """A sentence for each kernel, at any depth, that leaves out an end of what it reads; alike ones are told once."""
    places: dict[str, list[str]] = {}
    _gather(graph, "", places)
    return [f"{listing(paths, 3)}: {sentence}" for sentence, paths in places.items()]


def _gather(graph: Graph, path: str, places: dict[str, list[str]]) -> None:
    for name, node in graph.nodes.items():
        if isinstance(node.block, Window):
            image = graph.shape(node.inputs[0])
            assert isinstance(image, Image)
            rows, columns = node.block.unread(image.grid)
            if rows or columns:
                sentence = (
                    f"{node.block.label()} leaves out {_ends(rows, columns)} of the {image.grid.h}×{image.grid.w}"
                )
                places.setdefault(sentence, []).append(f"{path}{name}")
        if node.body:
            _gather(node.body, f"{path}{name}.", places)


def _ends(rows: int, columns: int) -> str:
    """`the last row and the last 3 columns`."""
    ends = [(rows, "row"), (columns, "column")]
    return " and ".join(f"the last {word if many == 1 else f'{many} {word}s'}" for many, word in ends if many)
