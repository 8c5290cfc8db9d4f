from typing import Annotated, Any, ClassVar

from pydantic import Field

from archspec.blocks.mlp import Mlp
from archspec.blocks.self_attention import SelfAttention
from archspec.errors import RuleError
from archspec.graph import Block, Composite, Grid, Rate, Role, Scope, Tokens, Value
from archspec.ops.drop import DropPath
from archspec.ops.merge import Add, LayerScale, Scale
from archspec.ops.norm import LayerNorm


class EncoderLayer(Composite):
    """A pre-norm transformer layer: x + attention(norm x), then x + mlp(norm x) (ViT, eq. 2 and 3)."""

    role: ClassVar[str] = "layer"
    examples: ClassVar = [
        ({"attention": SelfAttention(heads=2)}, Tokens(7, 8, Grid(2, 3), ("cls",))),
        (
            {"attention": SelfAttention(heads=2), "layer_scale": 1e-5, "drop_path": 0.1, "branch_scale": 0.5},
            Tokens(5, 8),
        ),
        ({"attention": SelfAttention(heads=2), "norm": None}, Tokens(5, 8)),
    ]

    attention: Annotated[Block, Role("attention")]
    """Tokens → the same tokens."""
    mlp: Annotated[Block, Role("mlp")] = Mlp()
    norm: Annotated[Block | None, Role("norm")] = LayerNorm()
    """What each branch begins with; null for nothing, as in LeViT."""
    drop_path: Rate = 0.0
    """How often, in training, a sample skips a branch."""
    layer_scale: float | None = None
    """What the learned factors of each branch start from (CaiT, §2); null for none."""
    branch_scale: Annotated[float, Field(gt=0, le=1024)] = 1.0
    """a in x + branch(norm(a · x)) / a (DeepViT's scale_adjustment)."""

    def expand(self, scope: Scope, x: Value[Tokens]) -> Value[Tokens]:
        x = self._branch(scope, 1, "attn", self.attention, x)
        return self._branch(scope, 2, "mlp", self.mlp, x)

    def _branch(self, scope: Scope, number: int, name: str, block: Block, x: Value[Tokens]) -> Value[Any]:
        scaled = self.branch_scale != 1
        y = scope(f"scale_in{number}", Scale(by=self.branch_scale), x) if scaled else x
        y = scope(f"norm{number}", self.norm, y) if self.norm else y
        y = scope(name, block, y)
        if y.shape.sizes != x.shape.sizes:
            message = f"{block.word} gives {y.shape} for {x.shape}; a residual branch gives back the shape that it gets"
            raise RuleError(message, code="slot", field="attention" if name == "attn" else name)
        y = scope(f"scale_out{number}", Scale(by=1 / self.branch_scale), y) if scaled else y
        y = scope(f"layer_scale{number}", LayerScale(init=self.layer_scale), y) if self.layer_scale is not None else y
        y = scope(f"drop_path{number}", DropPath(rate=self.drop_path), y) if self.drop_path else y
        return scope(f"add{number}", Add(), x, y)
