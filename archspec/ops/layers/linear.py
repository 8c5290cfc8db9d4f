"""Linear layers."""

from __future__ import annotations

from torch import nn

from archspec.ops.layers.fill import fill


class Linear(nn.Linear):
    """torch's linear layer with a choice of initialisation."""

    def __init__(self, inputs: int, outputs: int, *, bias: bool, init: str) -> None:
        self.init = init
        super().__init__(inputs, outputs, bias=bias)

    def reset_parameters(self) -> None:
        if self.weight.is_meta:
            return
        if self.init == "torch":
            super().reset_parameters()
            return
        fill(self.weight, self.init)
        if self.bias is not None:
            nn.init.zeros_(self.bias)
