from typing import ClassVar, Literal

from archspec.blocks.linear_norm import LinearNorm
from archspec.blocks.self_attention import weight_rate
from archspec.graph import Composite, Grid, Rate, Scope, Size, Tokens, Value
from archspec.ops.activation import Act, Activation
from archspec.ops.attention import BiasedAttention, Scale
from archspec.ops.drop import Dropout
from archspec.ops.init import Init
from archspec.ops.layout import SplitHeads, Subsample
from archspec.ops.norm import BatchNorm


class LevitAttention(Composite):
    """Attention with narrow keys, wide values, a bias per relative offset and batch norms (LeViT, §4.2).

    With a `stride`, the queries are subsampled by it in rows and columns, which shrinks the grid.
    """

    role: ClassVar[str] = "attention"
    examples: ClassVar = [
        ({"heads": 2, "key_dim": 3}, Tokens(6, 8, Grid(2, 3))),
        ({"heads": 2, "key_dim": 3, "value_dim": 5, "stride": 2, "dim": 12, "gamma": 1.0}, Tokens(12, 8, Grid(3, 4))),
        ({"heads": 1, "packed": False, "proj_bias": True, "dropout": 0.1}, Tokens(7, 8, Grid(2, 3), ("cls",))),
    ]  # fmt: skip

    heads: Size
    key_dim: Size = 32
    """Channels of a head's query and key."""
    value_dim: Size | None = None
    """Channels of a head's value; where none are given, twice those of its key."""
    dim: Size | None = None
    """Width of what comes out; where none is given, that of what comes in."""
    stride: Size = 1
    packed: bool = True
    """One linear map for q, k and v (for k and v, where q comes from fewer tokens), head by head; or one for each."""
    act: Act = "hardswish"
    """Before the last linear map."""
    gamma: float = 0.0
    """What the scale of the last batch norm starts from."""
    proj_bias: bool = False
    scale: Scale | None = None
    """What QKᵀ is multiplied by; where none is given, key_dim^-½."""
    bias: Literal["added", "scaled", "divided"] = "added"
    """How the bias enters, as in biased_attention."""
    bias_init: Init = "zeros"
    dropout: Rate = 0.0
    """Of the attention weights and of the output."""
    attention_dropout: Rate | None = None
    """Of the attention weights, where it is another one."""

    def label(self) -> str:
        name = "shrink attention" if self.stride > 1 else "attention with bias"
        return f"{name}, {self.heads} head{'s' * (self.heads > 1)}"

    def expand(self, scope: Scope, x: Value[Tokens]) -> Value[Tokens]:
        q, k, v = self._project(scope, x)
        attend = BiasedAttention(heads=self.heads, scale=self.scale, stride=self.stride, bias=self.bias,
                                 init=self.bias_init,
                                 dropout=weight_rate(self.dropout, self.attention_dropout))  # fmt: skip
        y = scope("attend", attend, q, k, v)
        y = scope("act", Activation(kind=self.act), y)
        norm = BatchNorm(gamma=self.gamma)
        y = scope("proj", LinearNorm(features=self.dim or x.shape.c, bias=self.proj_bias, norm=norm), y)
        return scope("drop", Dropout(rate=self.dropout), y) if self.dropout else y

    def _project(self, scope: Scope, x: Value[Tokens]) -> tuple[Value[Tokens], ...]:
        key, value = self.key_dim, self.value_dim or 2 * self.key_dim

        def linear(*parts: int) -> LinearNorm:
            return LinearNorm(features=self.heads * sum(parts))

        if self.packed and self.stride == 1:
            y = scope("qkv", linear(key, key, value), x)
            parts: tuple[Value[Tokens], ...] = scope("split", SplitHeads(heads=self.heads, parts=(key, key, value)), y)
            return parts
        fewer = scope("subsample", Subsample(stride=self.stride), x) if self.stride > 1 else x
        q = scope("q", linear(key), fewer)
        if self.packed:
            y = scope("kv", linear(key, value), x)
            return (q, *scope("split", SplitHeads(heads=self.heads, parts=(key, value)), y))
        return q, scope("k", linear(key), x), scope("v", linear(value), x)
