from typing import Annotated, Any, ClassVar

from archspec.blocks.class_attention import ClassAttention
from archspec.blocks.mlp import Mlp
from archspec.graph import Block, Composite, Grid, Rate, Role, Scope, Tokens, Value
from archspec.ops.drop import DropPath
from archspec.ops.merge import Add, Join, LayerScale
from archspec.ops.norm import LayerNorm


class ClassLayer(Composite):
    """A class-attention layer: it updates the class token from all tokens; patch tokens stay unchanged (CaiT, §3)."""

    role: ClassVar[str] = "layer"
    examples: ClassVar = [
        ({"attention": ClassAttention(heads=2)}, Tokens(1, 8, None, ("cls",)), Tokens(6, 8, Grid(2, 3))),
        (
            {"attention": ClassAttention(heads=2), "norm_context": False, "layer_scale": 1e-5, "drop_path": 0.1},
            Tokens(1, 8, None, ("cls",)),
            Tokens(6, 8),
        ),
    ]

    attention: Annotated[Block, Role("attention")]
    """Tokens → those in front, with something learned about all."""
    mlp: Annotated[Block, Role("mlp")] = Mlp()
    norm: Annotated[Block, Role("norm")] = LayerNorm()
    norm_context: bool = True
    """Normalise token and context for the attention, not the token alone."""
    drop_path: Rate = 0.0
    layer_scale: float | None = None
    """What the learned factors of each branch start from; null for none."""

    def expand(self, scope: Scope, token: Value[Tokens], context: Value[Tokens]) -> Value[Tokens]:
        if self.norm_context:
            y = scope("norm1", self.norm, scope("join", Join(), token, context))
        else:
            y = scope("join", Join(), scope("norm1", self.norm, token), context)
        token = self._add(scope, 1, token, scope("attn", self.attention, y))
        return self._add(scope, 2, token, scope("mlp", self.mlp, scope("norm2", self.norm, token)))

    def _add(self, scope: Scope, number: int, token: Value[Tokens], y: Value[Any]) -> Value[Any]:
        y = scope(f"layer_scale{number}", LayerScale(init=self.layer_scale), y) if self.layer_scale is not None else y
        y = scope(f"drop_path{number}", DropPath(rate=self.drop_path), y) if self.drop_path else y
        return scope(f"add{number}", Add(), token, y)
