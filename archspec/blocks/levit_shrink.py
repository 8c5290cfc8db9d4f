from typing import Annotated, ClassVar

from archspec.blocks.levit_attention import LevitAttention
from archspec.blocks.levit_mlp import LevitMlp
from archspec.graph import Block, Composite, Grid, Rate, Role, Scope, Tokens, Value
from archspec.ops.drop import DropPath
from archspec.ops.merge import Add


class LevitShrink(Composite):
    """The transition between stages: strided attention without a residual connection, then x + mlp(x) (LeViT, §4.2)."""

    role: ClassVar[str] = "layer"
    examples: ClassVar = [
        ({"attention": LevitAttention(heads=2, key_dim=3, stride=2, dim=12)}, Tokens(12, 8, Grid(3, 4))),
        ({"attention": LevitAttention(heads=2, key_dim=3, stride=2), "drop_path": 0.1}, Tokens(12, 8, Grid(3, 4))),
    ]

    attention: Annotated[Block, Role("attention")]
    mlp: Annotated[Block, Role("mlp")] = LevitMlp()
    drop_path: Rate = 0.0
    """How often, in training, a sample skips the MLP."""

    def expand(self, scope: Scope, x: Value[Tokens]) -> Value[Tokens]:
        x = scope("attn", self.attention, x)
        y = scope("mlp", self.mlp, x)
        y = scope("drop_path", DropPath(rate=self.drop_path), y) if self.drop_path else y
        result: Value[Tokens] = scope("add", Add(), x, y)
        return result
