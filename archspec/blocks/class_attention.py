from typing import ClassVar, Literal

from archspec.blocks.self_attention import score_scale, weight_rate
from archspec.blocks.talking_heads_attention import DropAt, talk
from archspec.graph import Composite, Grid, Rate, Scope, Size, Tokens, Value, divide
from archspec.ops.attention import AttentionScores, DotAttention, MixHeads, Scale
from archspec.ops.drop import Dropout
from archspec.ops.linear import Linear
from archspec.ops.token import SplitPrefix


class ClassAttention(Composite):
    """Class attention: the queries are the prefix tokens alone, the keys and values all tokens (CaiT, eq. 3 to 7)."""

    role: ClassVar[str] = "attention"
    examples: ClassVar = [
        ({"heads": 2}, Tokens(7, 8, Grid(2, 3), ("cls",))),
        ({"heads": 2, "head_dim": 3, "qkv_bias": False}, Tokens(8, 8, Grid(2, 3), ("cls", "dist"))),
        ({"heads": 2, "talking": True, "mix_bias": False, "dropout": 0.1}, Tokens(7, 8, Grid(2, 3), ("cls",))),
    ]

    heads: Size
    head_dim: Size | None = None
    """Channels per head; where none are given, the heads share the width."""
    qkv_bias: bool = True
    scale: Literal["head_dim", "full_dim"] | Scale = "head_dim"
    """What QKᵀ is multiplied by, as in self_attention."""
    talking: bool = False
    """Mix the heads before and after the softmax, as talking_heads_attention does."""
    mix_bias: bool = True
    dropout: Rate = 0.0
    """Of the attention weights and of the output."""
    attention_dropout: Rate | None = None
    """Of the attention weights, where it is another one."""
    dropout_at: DropAt = "mixed"

    def label(self) -> str:
        return f"class attention, {self.heads} head{'s' * (self.heads > 1)}"

    def expand(self, scope: Scope, x: Value[Tokens]) -> Value[Tokens]:
        c = x.shape.c
        head_dim = self.head_dim or divide(c, self.heads, "heads", f"the {c} channels of {x.shape}")
        scale = score_scale(self.scale, c, head_dim)
        inner = Linear(features=head_dim * self.heads, bias=self.qkv_bias)
        front, _ = scope("split", SplitPrefix(), x)
        q, k, v = scope("q", inner, front), scope("k", inner, x), scope("v", inner, x)
        dropped = weight_rate(self.dropout, self.attention_dropout)
        if self.talking:
            scores = AttentionScores(heads=self.heads, scale=scale)
            y = talk(scope, scores, MixHeads(bias=self.mix_bias), dropped, self.dropout_at, q, k, v)
        else:
            y = scope("attend", DotAttention(heads=self.heads, scale=scale, dropout=dropped), q, k, v)
        y = scope("proj", Linear(features=c), y)
        return scope("drop", Dropout(rate=self.dropout), y) if self.dropout else y
