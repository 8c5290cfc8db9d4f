"""Linear layers."""

from typing import TYPE_CHECKING, ClassVar, Literal

from archspec.graph import Cost, Op, Rows, Size, Tokens, Vector
from archspec.ops.init import Init

if TYPE_CHECKING:
    from torch import nn


class Linear(Op):
    """y = x Wᵀ + b for every token, or for a vector."""

    role: ClassVar[str] = "linear"
    rows: ClassVar[Rows] = "each"
    examples: ClassVar = [
        ({"features": 8}, Tokens(5, 4)),
        ({"features": 8, "bias": False}, Vector(4)),
        ({"features": 8, "init": "trunc_normal", "bias_init": "torch"}, Vector(4)),
    ]

    features: Size
    bias: bool = True
    init: Init = "torch"
    bias_init: Literal["torch", "zeros"] | None = None
    """Of the bias; where none is given, torch's if the weight's is, and zeros otherwise."""

    def label(self) -> str:
        return f"linear {self.features}"

    def infer(self, x: Tokens | Vector) -> Tokens | Vector:
        return x.wide(self.features)

    def cost(self, x: Tokens | Vector) -> Cost:
        rows = x.numel // x.c
        return Cost(params=(x.c + self.bias) * self.features, macs=rows * x.c * self.features)

    def build(self, x: Tokens | Vector) -> "nn.Module":
        from archspec.ops.layers.linear import Linear

        return Linear(x.c, self.features, bias=self.bias, init=self.init, bias_init=self.bias_init)
