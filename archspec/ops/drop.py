"""Stochastic regularisation: active in training, the identity in evaluation."""

from typing import TYPE_CHECKING, ClassVar

from archspec.graph import Cost, Image, Op, Rate, Rows, Tokens, Vector

if TYPE_CHECKING:
    from torch import nn


class Dropout(Op):
    """Dropout: each value is zeroed with probability `rate`, the others are scaled by 1 / (1 − rate)."""

    role: ClassVar[str] = "drop"
    effects: ClassVar[bool] = True
    examples: ClassVar = [({"rate": 0.5}, Tokens(5, 4))]

    rate: Rate

    def label(self) -> str:
        return f"dropout {self.rate:g}"

    def infer(self, x: Image | Tokens | Vector) -> Image | Tokens | Vector:
        return x

    def cost(self, x: Image | Tokens | Vector) -> Cost:
        return Cost()

    def build(self, x: Image | Tokens | Vector) -> "nn.Module":
        from torch import nn

        return nn.Dropout(self.rate)


class DropPath(Op):
    """Stochastic depth: the residual branch of a sample is zeroed with probability `rate` (Huang et al. 2016)."""

    role: ClassVar[str] = "drop"
    rows: ClassVar[Rows] = "each"
    effects: ClassVar[bool] = True
    examples: ClassVar = [({"rate": 0.5}, Tokens(5, 4))]

    rate: Rate

    def label(self) -> str:
        return f"drop path {self.rate:.3g}"

    def infer(self, x: Image | Tokens | Vector) -> Image | Tokens | Vector:
        return x

    def cost(self, x: Image | Tokens | Vector) -> Cost:
        return Cost()

    def build(self, x: Image | Tokens | Vector) -> "nn.Module":
        from archspec.ops.layers.drop import DropPath

        return DropPath(self.rate)
