"""A block several times in a row, each with its own config and weights: what `repeat: 12` makes of a node."""

from __future__ import annotations

from typing import Any, ClassVar

from archspec.errors import RuleError
from archspec.graph.block import Block, Composite, Port, Rate, Scope, Value, carried


class Repeat(Composite):
    """`blocks` in a row, named 0, 1, 2 …; each takes the outputs of the one before, other ports stay as they are.

    In training each is left out with probability `layer_dropout`, for the whole batch; one at least is not.
    """

    word: ClassVar[str] = "repeat"
    role: ClassVar[str] = "repeat"

    blocks: tuple[Block, ...]
    layer_dropout: Rate = 0.0

    def label(self) -> str:
        return f"{self.blocks[0].label()} ×{len(self.blocks)}"

    def ports(self) -> tuple[Port, ...]:
        return self.blocks[0].ports()

    def output_names(self) -> tuple[str, ...]:
        return self.blocks[0].output_names()

    def expand(self, scope: Scope, *values: Value[Any]) -> Any:
        inputs = list(values)
        outputs: Any = None
        for place, block in enumerate(self.blocks):
            outputs = scope(str(place), block, *inputs)
            for port, value in zip(carried(block), outputs if isinstance(outputs, tuple) else (outputs,), strict=True):
                if self.layer_dropout and value.shape != inputs[port].shape:
                    message = f"{block.word} makes {value.shape} of {inputs[port].shape}, so it cannot be left out"
                    raise RuleError(message, field="layer_dropout")
                inputs[port] = value
        return outputs
