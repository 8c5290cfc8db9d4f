from typing import ClassVar

from archspec.graph import Composite, Grid, Image, Scope, Size, Tokens, Value, divide
from archspec.ops.activation import Activation
from archspec.ops.linear import Linear
from archspec.ops.merge import Gate
from archspec.ops.token import MeanPool


class SqueezeExcite(Composite):
    """Squeeze-and-excitation: channels scaled by gates computed from their global averages (Hu et al. 2018, §3)."""

    role: ClassVar[str] = "gate"
    examples: ClassVar = [
        ({"reduction": 2}, Tokens(7, 8, Grid(2, 3), ("cls",))),
        ({"reduction": 4, "bias": True}, Image(8, 3, 5)),
    ]

    reduction: Size = 16
    """Width ÷ hidden width."""
    bias: bool = False

    def expand(self, scope: Scope, x: Value[Image | Tokens]) -> Value[Image | Tokens]:
        c = x.shape.c
        hidden = divide(c, self.reduction, "reduction", f"the {c} channels of {x.shape}")
        y = scope("squeeze", MeanPool(prefix=True, suffix=True), x)
        y = scope("fc1", Linear(features=hidden, bias=self.bias), y)
        y = scope("relu", Activation(kind="relu"), y)
        y = scope("fc2", Linear(features=c, bias=self.bias), y)
        y = scope("sigmoid", Activation(kind="sigmoid"), y)
        return scope("gate", Gate(), x, y)
