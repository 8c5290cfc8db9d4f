from typing import Annotated, Any, ClassVar, Literal

from archspec.blocks.class_attention import ClassAttention
from archspec.blocks.norm_linear import NormLinear
from archspec.graph import Block, Composite, Grid, Rate, Role, Scope, Tokens, Value
from archspec.ops.drop import DropPath
from archspec.ops.linear import Linear
from archspec.ops.merge import Add, Join
from archspec.ops.norm import LayerNorm


class CrossAttention(Composite):
    """Cross-attention of a class token to the other branch's tokens, in their width (CrossViT, eq. 3 to 5)."""

    role: ClassVar[str] = "attention"
    examples: ClassVar = [
        ({"attention": ClassAttention(heads=2)}, Tokens(1, 6, None, ("cls",)), Tokens(6, 8, Grid(2, 3))),
        (
            {"attention": ClassAttention(heads=2), "project": "linear", "residual": "own", "norm_context": False},
            Tokens(1, 6, None, ("cls",)),
            Tokens(6, 8, Grid(2, 3)),
        ),
        (
            {"attention": ClassAttention(heads=2), "project": "linear", "drop_path": 0.1},
            Tokens(2, 8, None, ("cls", "dist")),
            Tokens(6, 8),
        ),
    ]

    attention: Annotated[Block, Role("attention")] = ClassAttention(heads=1)
    """Tokens → those in front, with something learned about all."""
    norm: Annotated[Block, Role("norm")] = LayerNorm()
    norm_context: bool = True
    """Normalise token and context for the attention, not the token alone."""
    project: Literal["norm_linear", "linear"] = "norm_linear"
    """The way between the widths: norm, GELU and a linear map; or a linear map, and nothing where they are the same."""
    residual: Literal["projected", "own"] = "projected"
    """What the answer is added to: the projected token, before it goes back; or the token that came, as it was."""
    drop_path: Rate = 0.0

    def expand(self, scope: Scope, token: Value[Tokens], context: Value[Tokens]) -> Value[Tokens]:
        asking = self._project(scope, "project_in", token, context.shape.c)
        if self.norm_context:
            y = scope("norm", self.norm, scope("join", Join(), asking, context))
        else:
            y = scope("join", Join(), scope("norm", self.norm, asking), context)
        y = scope("attn", self.attention, y)
        if self.residual == "projected":
            y = scope("add", Add(), asking, self._drop(scope, y))
            return self._project(scope, "project_out", y, token.shape.c)
        y = self._project(scope, "project_out", y, token.shape.c)
        return scope("add", Add(), token, self._drop(scope, y))

    def _project(self, scope: Scope, name: str, x: Value[Tokens], features: int) -> Value[Any]:
        if self.project == "norm_linear":
            return scope(name, NormLinear(features=features, norm=self.norm, act="gelu"), x)
        return x if x.shape.c == features else scope(name, Linear(features=features), x)

    def _drop(self, scope: Scope, x: Value[Any]) -> Value[Any]:
        return scope("drop_path", DropPath(rate=self.drop_path), x) if self.drop_path else x
