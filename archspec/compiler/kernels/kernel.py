"""The two kinds of node that only a lowered graph has: kernels, and nodes that are held for their weights."""

from __future__ import annotations

from typing import Any, ClassVar

from archspec.graph import Block, Op, Shape


class Kernel(Op):
    """An op that a rewrite places. `build` takes the shapes of its values; its module takes values, then modules."""

    weights: tuple[str, ...] = ()
    """Siblings, or dotted paths below them, whose modules follow the values in `forward`."""

    def infer(self, *xs: Shape) -> Any:
        raise NotImplementedError("a rewrite knows what its kernel gives")


class Held(Op):
    """A node that does not run: its module stays at its path for the state dict, and for kernels that read it."""

    role: ClassVar[str] = "other"

    block: Block
    shapes: tuple[Any, ...]
    """What the block was shaped on."""

    def label(self) -> str:
        return f"weights of {self.block.label()}"

    def infer(self) -> Any:
        raise NotImplementedError("it gives nothing")

    def build(self) -> Any:
        assert isinstance(self.block, Op)
        return self.block.build(*self.shapes)
