from typing import Annotated, ClassVar, Literal

from archspec.blocks.self_attention import score_scale, weight_rate
from archspec.graph import Block, Composite, Grid, Rate, Role, Scope, Size, Tokens, Value, divide
from archspec.ops.attention import AttentionScores, MixHeads, Scale, Softmax, WeightedValues
from archspec.ops.drop import Dropout
from archspec.ops.layout import Split
from archspec.ops.linear import Linear
from archspec.ops.merge import Scale as Times
from archspec.ops.norm import BatchNorm, LayerNorm


class ReAttention(Composite):
    """Norm(Θᵀ softmax(s · QKᵀ)) V: attention with maps mixed across the heads (DeepViT, eq. 3)."""

    role: ClassVar[str] = "attention"
    examples: ClassVar = [
        ({"heads": 2}, Tokens(7, 8, Grid(2, 3), ("cls",))),
        ({"heads": 2, "head_dim": 3, "qkv_bias": False, "mix_bias": False, "norm": LayerNorm()}, Tokens(5, 8)),
        ({"heads": 2, "norm": None, "rescale": True, "dropout": 0.1}, Tokens(5, 8)),
    ]

    heads: Size
    head_dim: Size | None = None
    """Channels per head; where none are given, the heads share the width."""
    qkv_bias: bool = True
    scale: Literal["head_dim", "full_dim"] | Scale = "head_dim"
    """What QKᵀ is multiplied by, as in self_attention."""
    mix_bias: bool = True
    norm: Annotated[Block | None, Role("norm")] = BatchNorm()
    """Of the mixed maps, over the heads: batch_norm with statistics per head, layer_norm per entry; null for none."""
    rescale: bool = False
    """Multiply the mixed maps by the scale once more (DeepViT-S)."""
    dropout: Rate = 0.0
    """Of the attention weights, before they are mixed, and of the output."""
    attention_dropout: Rate | None = None
    """Of the attention weights, where it is another one."""

    def label(self) -> str:
        return f"re-attention, {self.heads} head{'s' * (self.heads > 1)}"

    def expand(self, scope: Scope, x: Value[Tokens]) -> Value[Tokens]:
        c = x.shape.c
        head_dim = self.head_dim or divide(c, self.heads, "heads", f"the {c} channels of {x.shape}")
        scale = score_scale(self.scale, c, head_dim)
        dropped = weight_rate(self.dropout, self.attention_dropout)
        y = scope("qkv", Linear(features=3 * head_dim * self.heads, bias=self.qkv_bias), x)
        q, k, v = scope("split", Split(), y)
        maps = scope("scores", AttentionScores(heads=self.heads, scale=scale), q, k)
        maps = scope("softmax", Softmax(), maps)
        maps = scope("attn_drop", Dropout(rate=dropped), maps) if dropped else maps
        maps = scope("mix", MixHeads(bias=self.mix_bias), maps)
        maps = scope("norm", self.norm, maps) if self.norm else maps
        maps = scope("rescale", Times(by=scale), maps) if self.rescale else maps
        y = scope("attend", WeightedValues(), maps, v)
        y = scope("proj", Linear(features=c), y)
        return scope("drop", Dropout(rate=self.dropout), y) if self.dropout else y
