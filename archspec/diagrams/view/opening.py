"""Which composites are drawn open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from archspec.diagrams.error import RenderError
from archspec.errors import nearest
from archspec.graph import Graph
from archspec.language.words import Vocabulary

ALL = 1_000
"""A depth beyond that of any graph."""


@dataclass(frozen=True, slots=True)
class Opening:
    """Which composites are open: those above `depth`, those on the way to `expand`, none of `collapse`.

    With a `root`, that composite alone is drawn, and the depth is counted from it.
    """

    depth: int = 1
    expand: frozenset[str] = frozenset()
    collapse: frozenset[str] = frozenset()
    root: str = ""
    hide: frozenset[str] = frozenset()  # words or roles of blocks that are not drawn

    @classmethod
    def of(
        cls, graph: Graph, depth: int | str | None = 1, expand: Iterable[str] = (), collapse: Iterable[str] = (),
        root: str | None = None, hide: Iterable[str] = (),
    ) -> Opening:  # fmt: skip
        """Check a number of levels (or `all`) and the paths of composites; raises RenderError."""
        hidden = frozenset(word for item in hide for word in item.split(","))
        known = sorted({word for _, node in graph.walk() for word in (node.block.word, node.block.role)})
        for word in sorted(hidden.difference(known, Vocabulary())):
            raise RenderError(f"there is no block or role {word} to hide", help=nearest(word, known))
        opening = cls(
            levels(depth), frozenset(map(plain, expand)), frozenset(map(plain, collapse)), plain(root or ""), hidden
        )
        if named := opening.expand | opening.collapse | {opening.root} - {""}:
            bodies = {plain(path): node.body is not None for path, node in graph.walk()}
            for path in sorted(named):
                if not bodies.get(path):
                    message = f"{path} is one op, with nothing inside to draw"
                    if path not in bodies:
                        message = f"there is no node {path} to open or to close"
                    composites = [other for other, body in bodies.items() if body]
                    raise RenderError(message, help=nearest(path, composites))
        return opening

    def opens(self, path: str, level: int) -> bool:
        """Whether the composite at this path is drawn open."""
        place = plain(path)
        if self.root and f"{self.root}.".startswith(f"{place}."):
            return True
        if place in self.collapse:
            return False
        inside = level - (self.root.count(".") + 1 if self.root else 0)
        return inside < self.depth or any(f"{other}.".startswith(f"{place}.") for other in self.expand)


def levels(depth: int | str | None) -> int:
    """A number of levels from an option: None or `all` is all; raises RenderError."""
    if depth is None or depth == "all":
        return ALL
    if isinstance(depth, str) and depth.isdecimal():
        depth = int(depth)
    if not isinstance(depth, int) or depth < 0:
        raise RenderError(f"depth takes a number or all, got {depth}")
    return depth


def plain(path: str) -> str:
    """A path without the numbers of repeats, as it is said in `expand`."""
    return ".".join(part for part in path.split(".") if not part.isdigit() and part != "*")
