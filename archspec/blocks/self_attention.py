from typing import ClassVar, Literal

from archspec.graph import Composite, Grid, Rate, Scope, Size, Tokens, Value, divide
from archspec.ops.attention import DotAttention, Scale
from archspec.ops.drop import Dropout
from archspec.ops.layout import Split
from archspec.ops.linear import Linear


class SelfAttention(Composite):
    """Multi-head self-attention (ViT, §3.1; Vaswani et al. 2017, §3.2.2)."""

    role: ClassVar[str] = "attention"
    examples: ClassVar = [
        ({"heads": 2}, Tokens(7, 8, Grid(2, 3), ("cls",))),
        ({"heads": 2, "head_dim": 3, "qkv_bias": False, "scale": "full_dim"}, Tokens(5, 8)),
        ({"heads": 1, "project": False, "scale": 0.5, "dropout": 0.1}, Tokens(5, 8)),
        ({"heads": 2, "dropout": 0.1, "attention_dropout": 0.0}, Tokens(5, 8)),
    ]

    heads: Size
    head_dim: Size | None = None
    """Channels per head; where none are given, the heads share the width."""
    qkv_bias: bool = True
    scale: Literal["head_dim", "full_dim"] | Scale = "head_dim"
    """What QKᵀ is multiplied by: (channels per head)^-½, (all channels)^-½, or a number."""
    project: bool = True
    """Mix the heads by a linear map at the end."""
    dropout: Rate = 0.0
    """Of the attention weights and of the projected output."""
    attention_dropout: Rate | None = None
    """Of the attention weights, where it is another one."""

    def label(self) -> str:
        return f"self-attention, {self.heads} head{'s' * (self.heads > 1)}"

    def expand(self, scope: Scope, x: Value[Tokens]) -> Value[Tokens]:
        c = x.shape.c
        head_dim = self.head_dim or divide(c, self.heads, "heads", f"the {c} channels of {x.shape}")
        inner = head_dim * self.heads
        y = scope("qkv", Linear(features=3 * inner, bias=self.qkv_bias), x)
        q, k, v = scope("split", Split(), y)
        dropped = weight_rate(self.dropout, self.attention_dropout)
        attend = DotAttention(heads=self.heads, scale=score_scale(self.scale, c, head_dim), dropout=dropped)
        y = scope("attend", attend, q, k, v)
        if not self.project:
            return y
        y = scope("proj", Linear(features=c), y)
        return scope("drop", Dropout(rate=self.dropout), y) if self.dropout else y


def score_scale(rule: Literal["head_dim", "full_dim"] | float, c: int, head_dim: int) -> float:
    """The factor s of s · QKᵀ that a scale rule gives."""
    if isinstance(rule, str):
        return float({"head_dim": head_dim, "full_dim": c}[rule] ** -0.5)
    return rule


def weight_rate(dropout: float, attention_dropout: float | None) -> float:
    """The rate for attention weights: their own, or else that of the output."""
    return dropout if attention_dropout is None else attention_dropout
