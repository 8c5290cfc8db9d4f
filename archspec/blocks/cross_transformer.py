from typing import Annotated, ClassVar

from archspec.blocks.class_attention import ClassAttention
from archspec.blocks.cross_attention import CrossAttention
from archspec.blocks.encoder_layer import EncoderLayer
from archspec.blocks.self_attention import SelfAttention
from archspec.graph import Block, Composite, Grid, Role, Scope, Size, Tokens, Value
from archspec.ops.merge import Join
from archspec.ops.token import SplitPrefix

LAYER = EncoderLayer(attention=SelfAttention(heads=2))


class CrossTransformer(Composite):
    """Encoder layers for each of two branches, then cross-attention between the branches (CrossViT, §3)."""

    role: ClassVar[str] = "stage"
    outputs: ClassVar[tuple[str, ...]] = ("small", "large")
    examples: ClassVar = [
        (
            {"small": LAYER, "large": LAYER, "fusion": CrossAttention(attention=ClassAttention(heads=2)), "fusions": 2},
            Tokens(7, 4, Grid(2, 3), ("cls",)),
            Tokens(5, 8, Grid(2, 2), ("cls",)),
        )
    ]

    small: Annotated[Block, Role("layer")]
    """The layers of the branch with small patches: tokens → the same tokens."""
    large: Annotated[Block, Role("layer")]
    """Those of the branch with large ones."""
    fusion: Annotated[Block, Role("fusion")] = CrossAttention()
    """A token and another branch's patches → the token."""
    fusions: Size = 1
    """How many in a row; both branches ask at the same time."""

    def expand(self, scope: Scope, small: Value[Tokens], large: Value[Tokens]) -> tuple[Value[Tokens], Value[Tokens]]:
        small_front, small_body = scope("split_small", SplitPrefix(), scope("encode_small", self.small, small))
        large_front, large_body = scope("split_large", SplitPrefix(), scope("encode_large", self.large, large))
        for place in range(1, self.fusions + 1):
            small_front, large_front = (
                scope(f"fuse_small{place}", self.fusion, small_front, large_body),
                scope(f"fuse_large{place}", self.fusion, large_front, small_body),
            )
        return (
            scope("join_small", Join(), small_front, small_body),
            scope("join_large", Join(), large_front, large_body),
        )
