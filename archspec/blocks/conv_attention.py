from typing import ClassVar, Literal

from archspec.blocks.conv_projection import ConvProjection
from archspec.blocks.self_attention import score_scale, weight_rate
from archspec.graph import Composite, Grid, Rate, Scope, Size, Tokens, Value, divide
from archspec.ops.attention import DotAttention, Scale
from archspec.ops.drop import Dropout
from archspec.ops.layout import SplitHeads
from archspec.ops.linear import Linear


class ConvAttention(Composite):
    """Multi-head attention with depthwise convolutional projections of q, k and v, strided for k and v (CvT, §3.2)."""

    role: ClassVar[str] = "attention"
    examples: ClassVar = [
        ({"heads": 2, "kv_stride": 2}, Tokens(13, 8, Grid(3, 4), ("cls",))),
        ({"heads": 1, "scale": "head_dim"}, Tokens(12, 4, Grid(3, 4))),
        ({"heads": 2, "head_dim": 3, "shared_kv": True, "dropout": 0.1}, Tokens(12, 4, Grid(3, 4))),
    ]

    heads: Size
    head_dim: Size | None = None
    """Channels per head; where none are given, the heads share the width."""
    kernel: Size = 3
    q_stride: Size = 1
    kv_stride: Size = 2
    shared_kv: bool = False
    """Cut k and v by one convolution, not by one each."""
    qkv_bias: bool = True
    scale: Literal["head_dim", "full_dim"] | Scale = "full_dim"
    """What QKᵀ is multiplied by; the authors' code divides by the root of the full width, not of a head's."""
    dropout: Rate = 0.0
    """Of the attention weights and of the output."""
    attention_dropout: Rate | None = None
    """Of the attention weights, where it is another one."""

    def label(self) -> str:
        return f"conv attention, {self.heads} head{'s' * (self.heads > 1)}"

    def expand(self, scope: Scope, x: Value[Tokens]) -> Value[Tokens]:
        c = x.shape.c
        head_dim = self.head_dim or divide(c, self.heads, "heads", f"the {c} channels of {x.shape}")
        inner = head_dim * self.heads
        q = scope("q", self._projection(self.q_stride, inner), x)
        if self.shared_kv:
            y = scope("kv", self._projection(self.kv_stride, 2 * inner), x)
            k, v = scope("split", SplitHeads(heads=1, parts=(inner, inner)), y)
        else:
            k = scope("k", self._projection(self.kv_stride, inner), x)
            v = scope("v", self._projection(self.kv_stride, inner), x)
        dropped = weight_rate(self.dropout, self.attention_dropout)
        attend = DotAttention(heads=self.heads, scale=score_scale(self.scale, c, head_dim), dropout=dropped)
        y = scope("attend", attend, q, k, v)
        y = scope("proj", Linear(features=c), y)
        return scope("drop", Dropout(rate=self.dropout), y) if self.dropout else y

    def _projection(self, stride: int, features: int) -> ConvProjection:
        return ConvProjection(kernel=self.kernel, stride=stride, features=features, bias=self.qkv_bias)
