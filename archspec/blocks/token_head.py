from typing import Annotated, ClassVar

from archspec.graph import Block, Composite, Grid, Role, Scope, Size, Tokens, Value, Vector
from archspec.ops.linear import Linear
from archspec.ops.norm import LayerNorm
from archspec.ops.token import Name, SelectToken


class TokenHead(Composite):
    """The classifier on one token: select it by name, normalise it, map it to the classes (ViT, eq. 4)."""

    role: ClassVar[str] = "head"
    examples: ClassVar = [({"features": 3, "token": "dist"}, Tokens(8, 4, Grid(2, 3), ("cls", "dist")))]

    features: Size
    token: Name = "cls"
    norm: Annotated[Block, Role("norm")] = LayerNorm()

    def label(self) -> str:
        return f"{self.token} head, {self.features}"

    def expand(self, scope: Scope, x: Value[Tokens]) -> Value[Vector]:
        y = scope("token", SelectToken(token=self.token), x)
        result: Value[Vector] = scope("linear", Linear(features=self.features), scope("norm", self.norm, y))
        return result
