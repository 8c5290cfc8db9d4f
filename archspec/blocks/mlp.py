from typing import Annotated, ClassVar

from pydantic import Field

from archspec.errors import RuleError
from archspec.graph import Composite, Rate, Scope, Size, Tokens, Value, Vector
from archspec.ops.activation import Act, Activation
from archspec.ops.drop import Dropout
from archspec.ops.linear import Linear


class Mlp(Composite):
    """The position-wise feed-forward network: two linear layers with an activation between them (ViT, §3.1)."""

    role: ClassVar[str] = "mlp"
    examples: ClassVar = [
        ({}, Tokens(5, 4)),
        ({"ratio": 1.5, "act": "quick_gelu", "dropout": 0.1}, Tokens(5, 4)),
        ({"hidden": 7}, Vector(4)),
    ]

    ratio: Annotated[float, Field(gt=0, le=1024)] = 4.0
    """Hidden width ÷ width."""
    hidden: Size | None = None
    """Hidden width itself, in place of `ratio`."""
    act: Act = "gelu"
    dropout: Rate = 0.0

    def label(self) -> str:
        return f"MLP {self.hidden}" if self.hidden else f"MLP, ratio {self.ratio:g}"

    def expand(self, scope: Scope, x: Value[Tokens | Vector]) -> Value[Tokens | Vector]:
        hidden = self.hidden or int(x.shape.c * self.ratio)
        if not hidden:
            raise RuleError(f"ratio={self.ratio:g} leaves nothing of {x.shape.c} channels", field="ratio")
        y = scope("fc1", Linear(features=hidden), x)
        y = scope("act", Activation(kind=self.act), y)
        y = scope("drop1", Dropout(rate=self.dropout), y) if self.dropout else y
        y = scope("fc2", Linear(features=x.shape.c), y)
        return scope("drop2", Dropout(rate=self.dropout), y) if self.dropout else y
