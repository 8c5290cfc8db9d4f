from __future__ import annotations

from typing import ClassVar, Literal

from archspec.block import Composite, Rate, Scope, Size, Value, divide
from archspec.blocks.conv_projection import ConvProjection
from archspec.blocks.self_attention import score_scale
from archspec.ops.attention import DotAttention, Scale
from archspec.ops.drop import Dropout
from archspec.ops.linear import Linear
from archspec.shape import Grid, Tokens


class ConvAttention(Composite):
    """Attention over a grid of tokens whose q, k and v are cut by depthwise convolutions, k and v coarser (CvT, §3.2)."""

    role: ClassVar[str] = "attention"
    examples: ClassVar = [
        ({"heads": 2, "kv_stride": 2}, Tokens(13, 8, Grid(3, 4), ("cls",))),
        ({"heads": 1, "scale": "head_dim"}, Tokens(12, 4, Grid(3, 4))),
    ]

    heads: Size
    kernel: Size = 3
    q_stride: Size = 1
    kv_stride: Size = 2
    qkv_bias: bool = True
    scale: Literal["head_dim", "full_dim"] | Scale = "full_dim"
    """What QKᵀ is multiplied by; the authors' code divides by the root of the full width, not of a head's."""
    dropout: Rate = 0.0

    def label(self) -> str:
        return f"conv attention, {self.heads} head{'s' * (self.heads > 1)}"

    def expand(self, scope: Scope, x: Value[Tokens]) -> Value[Tokens]:
        c = x.shape.c
        head_dim = divide(c, self.heads, "heads", f"the {c} channels of {x.shape}")
        coarse = ConvProjection(kernel=self.kernel, stride=self.kv_stride, bias=self.qkv_bias)
        q = scope("q", ConvProjection(kernel=self.kernel, stride=self.q_stride, bias=self.qkv_bias), x)
        k = scope("k", coarse, x)
        v = scope("v", coarse, x)
        attend = DotAttention(heads=self.heads, scale=score_scale(self.scale, c, head_dim), dropout=self.dropout)
        y = scope("attend", attend, q, k, v)
        y = scope("proj", Linear(features=c), y)
        return scope("drop", Dropout(rate=self.dropout), y) if self.dropout else y
