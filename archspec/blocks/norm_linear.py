from typing import Annotated, ClassVar

from archspec.graph import Block, Composite, Role, Scope, Size, Tokens, Value, Vector
from archspec.ops.activation import Act, Activation
from archspec.ops.init import Init
from archspec.ops.linear import Linear
from archspec.ops.norm import BatchNorm, LayerNorm


class NormLinear(Composite):
    """A norm, an optional activation and a linear layer: a classifier, or a projection between widths."""

    role: ClassVar[str] = "linear"
    examples: ClassVar = [
        ({"features": 8, "norm": BatchNorm(), "init": "trunc_normal"}, Vector(4)),
        ({"features": 8, "act": "gelu"}, Tokens(5, 4)),
    ]

    features: Size
    norm: Annotated[Block, Role("norm")] = LayerNorm()
    act: Act | None = None
    """What stands between norm and linear map; null for nothing."""
    init: Init | None = None
    """Of the linear map; null for what all linear maps of the spec have."""

    def label(self) -> str:
        return f"{self.norm.label()}, linear {self.features}"

    def expand(self, scope: Scope, x: Value[Tokens | Vector]) -> Value[Tokens | Vector]:
        y = scope("norm", self.norm, x)
        y = scope("act", Activation(kind=self.act), y) if self.act else y
        linear = Linear(features=self.features, init=self.init) if self.init else Linear(features=self.features)
        result: Value[Tokens | Vector] = scope("linear", linear, y)
        return result
