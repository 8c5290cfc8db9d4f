from typing import ClassVar, Literal

from archspec.blocks.self_attention import score_scale, weight_rate
from archspec.graph import Composite, Grid, Rate, Scope, Size, Tokens, Value, divide
from archspec.ops.attention import AttentionScores, MixHeads, Scale, Softmax, WeightedValues
from archspec.ops.drop import Dropout
from archspec.ops.layout import Split
from archspec.ops.linear import Linear

DropAt = Literal["mixed", "softmax"]


class TalkingHeadsAttention(Composite):
    """Self-attention whose heads are mixed before and after the softmax (Shazeer et al. 2020, §4; CaiT, §2)."""

    role: ClassVar[str] = "attention"
    examples: ClassVar = [
        ({"heads": 2}, Tokens(7, 8, Grid(2, 3), ("cls",))),
        ({"heads": 2, "head_dim": 3, "qkv_bias": False, "mix_bias": False, "dropout": 0.1}, Tokens(5, 8)),
        ({"heads": 2, "dropout": 0.1, "dropout_at": "softmax"}, Tokens(5, 8)),
    ]

    heads: Size
    head_dim: Size | None = None
    """Channels per head; where none are given, the heads share the width."""
    qkv_bias: bool = True
    mix_bias: bool = True
    scale: Literal["head_dim", "full_dim"] | Scale = "head_dim"
    """What QKᵀ is multiplied by, as in self_attention."""
    dropout: Rate = 0.0
    """Of the attention weights and of the output."""
    attention_dropout: Rate | None = None
    """Of the attention weights, where it is another one."""
    dropout_at: DropAt = "mixed"
    """Which attention weights: those that the second mixing gives, or those that it takes."""

    def label(self) -> str:
        return f"talking heads, {self.heads}"

    def expand(self, scope: Scope, x: Value[Tokens]) -> Value[Tokens]:
        c = x.shape.c
        head_dim = self.head_dim or divide(c, self.heads, "heads", f"the {c} channels of {x.shape}")
        scores = AttentionScores(heads=self.heads, scale=score_scale(self.scale, c, head_dim))
        y = scope("qkv", Linear(features=3 * head_dim * self.heads, bias=self.qkv_bias), x)
        q, k, v = scope("split", Split(), y)
        dropped = weight_rate(self.dropout, self.attention_dropout)
        y = talk(scope, scores, MixHeads(bias=self.mix_bias), dropped, self.dropout_at, q, k, v)
        y = scope("proj", Linear(features=c), y)
        return scope("drop", Dropout(rate=self.dropout), y) if self.dropout else y


def talk(
    scope: Scope,
    scores: AttentionScores,
    mix: MixHeads,
    dropout: float,
    dropout_at: DropAt,
    q: Value[Tokens],
    k: Value[Tokens],
    v: Value[Tokens],
) -> Value[Tokens]:
    """mix(softmax(mix(s · QKᵀ))) V."""
    maps = scope("scores", scores, q, k)
    maps = scope("proj_l", mix, maps)
    maps = scope("softmax", Softmax(), maps)
    maps = scope("attn_drop", Dropout(rate=dropout), maps) if dropout and dropout_at == "softmax" else maps
    maps = scope("proj_w", mix, maps)
    maps = scope("attn_drop", Dropout(rate=dropout), maps) if dropout and dropout_at == "mixed" else maps
    return scope("attend", WeightedValues(), maps, v)
