from typing import Annotated, ClassVar

from pydantic import Field

from archspec.blocks.linear_norm import LinearNorm
from archspec.errors import RuleError
from archspec.graph import Composite, Scope, Tokens, Value, Vector
from archspec.ops.activation import Act, Activation
from archspec.ops.norm import BatchNorm


class LevitMlp(Composite):
    """Two linear layers, each followed by batch norm, with an activation between them (LeViT, §4.2)."""

    role: ClassVar[str] = "mlp"
    examples: ClassVar = [({}, Tokens(5, 4)), ({"ratio": 1.5, "act": "gelu", "gamma": 1.0}, Vector(4))]

    ratio: Annotated[float, Field(gt=0, le=1024)] = 2.0
    """Hidden width ÷ width."""
    act: Act = "hardswish"
    gamma: float = 0.0
    """What the scale of the last batch norm starts from."""

    def label(self) -> str:
        return f"MLP, ratio {self.ratio:g}"

    def expand(self, scope: Scope, x: Value[Tokens | Vector]) -> Value[Tokens | Vector]:
        hidden = int(x.shape.c * self.ratio)
        if not hidden:
            raise RuleError(f"ratio={self.ratio:g} leaves nothing of {x.shape.c} channels", field="ratio")
        y = scope("fc1", LinearNorm(features=hidden), x)
        y = scope("act", Activation(kind=self.act), y)
        fc2 = LinearNorm(features=x.shape.c, norm=BatchNorm(gamma=self.gamma))
        result: Value[Tokens | Vector] = scope("fc2", fc2, y)
        return result
