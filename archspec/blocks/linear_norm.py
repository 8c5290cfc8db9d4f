from typing import Annotated, ClassVar

from archspec.graph import Block, Composite, Role, Scope, Size, Tokens, Value, Vector
from archspec.ops.linear import Linear
from archspec.ops.norm import BatchNorm


class LinearNorm(Composite):
    """A linear layer followed by batch norm, LeViT's basic unit (§4.1)."""

    role: ClassVar[str] = "linear"
    examples: ClassVar = [
        ({"features": 8}, Tokens(5, 4)),
        ({"features": 8, "bias": True, "norm": BatchNorm(gamma=0.0)}, Vector(4)),
    ]

    features: Size
    bias: bool = False
    norm: Annotated[Block, Role("norm")] = BatchNorm()

    def label(self) -> str:
        return f"linear {self.features}, {self.norm.label()}"

    def expand(self, scope: Scope, x: Value[Tokens | Vector]) -> Value[Tokens | Vector]:
        y = scope("linear", Linear(features=self.features, bias=self.bias), x)
        result: Value[Tokens | Vector] = scope("norm", self.norm, y)
        return result
