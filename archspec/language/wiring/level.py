"""One graph while it is wired: the spec's own, or the body of a block written in YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archspec.graph import Block
from archspec.language.document import Fields
from archspec.language.spec import NodeSpec


class Level:
    """The nodes of one graph as the author wrote them, and the blocks that were built for them so far."""

    def __init__(self, path: str, tree: Fields, specs: Mapping[str, NodeSpec], inputs: Sequence[str]) -> None:
        """`tree` is the mapping of the nodes, `path` its address in the document."""
        self.path, self.tree, self.specs, self.inputs = path, tree, specs, tuple(inputs)
        self.above: dict[str, str | None] = dict(zip(specs, [None, *specs], strict=False))
        """The node above each node."""
        self.number = {name: number for number, name in enumerate(specs)}
        self.blocks: dict[str, Block | None] = {}
        """The nodes that are not switched off; None for one whose block has problems."""
        self.stands_in: dict[str, str] = {}
        """What is read instead of a node that is switched off, once that is known."""

    def fields(self, name: str) -> Fields:
        """The mapping of a node."""
        fields = self.tree.entries[name]
        assert isinstance(fields, Fields)  # the structure was validated
        return fields
