from typing import Annotated, ClassVar, Literal

from pydantic import Field

from archspec.blocks.mlp import Mlp
from archspec.blocks.self_attention import score_scale
from archspec.graph import Composite, Grid, Scope, Size, Tokens, Value, divide
from archspec.ops.attention import DotAttention, Scale
from archspec.ops.layout import Split
from archspec.ops.linear import Linear
from archspec.ops.merge import Add
from archspec.ops.norm import LayerNorm


class TokenTransformer(Composite):
    """A transformer layer that narrows its tokens: the values, not the input, are the residual (T2T-ViT, §3.1)."""

    role: ClassVar[str] = "layer"
    examples: ClassVar = [
        ({"dim": 4}, Tokens(12, 9, Grid(3, 4))),
        ({"dim": 8, "heads": 2, "scale": "head_dim", "ratio": 2.0}, Tokens(5, 9)),
    ]

    dim: Size
    """Width of the tokens that come out."""
    heads: Size = 1
    qkv_bias: bool = False
    scale: Literal["head_dim", "full_dim"] | Scale = "full_dim"
    """What QKᵀ is multiplied by; the authors' code takes the root of the width that comes in."""
    ratio: Annotated[float, Field(gt=0, le=1024)] = 1.0
    """Hidden width of the MLP ÷ dim."""

    def expand(self, scope: Scope, x: Value[Tokens]) -> Value[Tokens]:
        head_dim = divide(self.dim, self.heads, "heads", f"dim={self.dim}")
        y = scope("norm1", LayerNorm(), x)
        y = scope("qkv", Linear(features=3 * self.dim, bias=self.qkv_bias), y)
        q, k, v = scope("split", Split(), y)
        attend = DotAttention(heads=self.heads, scale=score_scale(self.scale, x.shape.c, head_dim))
        y = scope("proj", Linear(features=self.dim), scope("attend", attend, q, k, v))
        x = scope("add1", Add(), v, y)
        y = scope("mlp", Mlp(ratio=self.ratio), scope("norm2", LayerNorm(), x))
        return scope("add2", Add(), x, y)
