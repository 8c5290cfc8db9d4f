"""Elementwise nonlinearities."""

from typing import TYPE_CHECKING, ClassVar, Literal

from archspec.graph import Cost, Image, Op, Rows, Tokens, Vector

if TYPE_CHECKING:
    from torch import nn

Act = Literal["gelu", "quick_gelu", "relu", "hardswish", "silu", "sigmoid"]
"""`gelu` is the exact (erf) form; `quick_gelu` is x · σ(1.702 x)."""


class Activation(Op):
    """An elementwise nonlinearity."""

    role: ClassVar[str] = "activation"
    rows: ClassVar[Rows] = "each"
    examples: ClassVar = [
        ({"kind": kind}, Tokens(5, 4)) for kind in ("gelu", "quick_gelu", "relu", "hardswish", "silu", "sigmoid")
    ]

    kind: Act = "gelu"

    def label(self) -> str:
        return {"gelu": "GELU", "quick_gelu": "QuickGELU", "relu": "ReLU", "silu": "SiLU"}.get(self.kind, self.kind)

    def infer(self, x: Image | Tokens | Vector) -> Image | Tokens | Vector:
        return x

    def cost(self, x: Image | Tokens | Vector) -> Cost:
        return Cost()

    def build(self, x: Image | Tokens | Vector) -> "nn.Module":
        from torch import nn

        from archspec.ops.layers.activation import QuickGELU

        kinds = {
            "gelu": nn.GELU, "quick_gelu": QuickGELU, "relu": nn.ReLU,
            "hardswish": nn.Hardswish, "silu": nn.SiLU, "sigmoid": nn.Sigmoid,
        }  # fmt: skip
        return kinds[self.kind]()
