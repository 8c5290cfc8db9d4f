from typing import Annotated, ClassVar

from pydantic import Field

from archspec.blocks.mlp import Mlp
from archspec.graph import Composite, Grid, Rate, Scope, Size, Tokens, Value
from archspec.ops.attention import PerformerAttention
from archspec.ops.drop import Dropout
from archspec.ops.layout import Split
from archspec.ops.linear import Linear
from archspec.ops.merge import Add
from archspec.ops.norm import LayerNorm


class TokenPerformer(Composite):
    """token_transformer with attention in linear time, by random features (T2T-ViT, §3.3)."""

    role: ClassVar[str] = "layer"
    examples: ClassVar = [
        ({"dim": 4}, Tokens(12, 9, Grid(3, 4))),
        ({"dim": 4, "features": 3, "dropout": 0.0}, Tokens(5, 9)),
    ]

    dim: Size
    """Width of the tokens that come out."""
    features: Size | None = None
    """Random features; where none are given, dim / 2."""
    ratio: Annotated[float, Field(gt=0, le=1024)] = 1.0
    """Hidden width of the MLP ÷ dim."""
    dropout: Rate = 0.1
    """At the end of either branch; the authors' code has 0.1 whatever the model's rate."""

    def expand(self, scope: Scope, x: Value[Tokens]) -> Value[Tokens]:
        y = scope("norm1", LayerNorm(), x)
        y = scope("kqv", Linear(features=3 * self.dim), y)
        q, k, v = scope("split", Split(order="kqv"), y)
        y = scope("attend", PerformerAttention(features=self.features or max(self.dim // 2, 1)), q, k, v)
        y = scope("proj", Linear(features=self.dim), y)
        y = scope("drop1", Dropout(rate=self.dropout), y) if self.dropout else y
        x = scope("add1", Add(), v, y)
        y = scope("mlp", Mlp(ratio=self.ratio), scope("norm2", LayerNorm(), x))
        y = scope("drop2", Dropout(rate=self.dropout), y) if self.dropout else y
        return scope("add2", Add(), x, y)
