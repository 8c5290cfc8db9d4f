"""Linear layers."""

from __future__ import annotations

from torch import nn

from archspec.ops.layers.fill import fill


class Linear(nn.Linear):
    """torch's linear layer with a choice of initialisation, of the weight and, where it differs, of the bias."""

    def __init__(self, inputs: int, outputs: int, *, bias: bool, init: str, bias_init: str | None = None) -> None:
        self.init, self.bias_init = init, bias_init or ("torch" if init == "torch" else "zeros")
        super().__init__(inputs, outputs, bias=bias)

    def reset_parameters(self) -> None:
        if self.weight.is_meta:
            return
        if "torch" in (self.init, self.bias_init):
            super().reset_parameters()
        if self.init != "torch":
            fill(self.weight, self.init)
        if self.bias is not None and self.bias_init != "torch":
            fill(self.bias, self.bias_init)
