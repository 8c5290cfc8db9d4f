"""Ops that make, name, pick and place tokens."""

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from archspec.errors import RuleError
from archspec.graph import Cost, Grid, Image, Op, Rows, Size, Span, Tokens, Vector
from archspec.ops.init import Init

if TYPE_CHECKING:
    from torch import nn

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]


class Token(Op):
    """One learned token out of nothing: a source."""

    role: ClassVar[str] = "token"
    examples: ClassVar = [({"dim": 4},), ({"dim": 4, "name": "dist"},)]

    dim: Size
    name: Name = "cls"
    init: Init = "trunc_normal"

    def label(self) -> str:
        return f"{self.name} token"

    def infer(self) -> Tokens:
        return Tokens(1, self.dim, None, (self.name,))

    def cost(self) -> Cost:
        return Cost(params=self.dim)

    def build(self) -> "nn.Module":
        from archspec.ops.layers.token import Token

        return Token(1, self.dim, self.init)


class PrependTokens(Op):
    """Learned tokens, by name, in front of the others."""

    role: ClassVar[str] = "token"
    examples: ClassVar = [({"names": ("cls", "dist")}, Tokens(6, 4, Grid(2, 3))), ({"names": ("cls",)}, Tokens(6, 4))]

    names: Annotated[tuple[Name, ...], Field(min_length=1, max_length=256)]
    init: Init = "trunc_normal"

    def label(self) -> str:
        return f"+ {', '.join(self.names)}"

    def infer(self, x: Tokens) -> Tokens:
        twice = sorted({name for name in self.names if (*self.names, *x.prefix).count(name) > 1})
        if twice:
            raise RuleError(f"two tokens would be named {', '.join(twice)}", code="token", field="names")
        return Tokens(x.n + len(self.names), x.c, x.grid, self.names + x.prefix)

    def cost(self, x: Tokens) -> Cost:
        return Cost(params=len(self.names) * x.c)

    def build(self, x: Tokens) -> "nn.Module":
        from archspec.ops.layers.token import PrependTokens

        return PrependTokens(len(self.names), x.c, self.init)


class ClassToken(PrependTokens):
    """A learned token in front of the others, to be read out for classification (ViT, §3.1)."""

    examples: ClassVar = [({}, Tokens(6, 4, Grid(2, 3)))]

    names: Annotated[tuple[Name, ...], Field(min_length=1, max_length=256)] = ("cls",)


class SplitPrefix(Op):
    """The tokens in front, and those behind them."""

    role: ClassVar[str] = "layout"
    rows: ClassVar[Rows] = "moved"
    outputs: ClassVar[tuple[str, ...]] = ("front", "body")
    examples: ClassVar = [({}, Tokens(7, 4, Grid(2, 3), ("cls",)))]

    def infer(self, x: Tokens) -> tuple[Tokens, Tokens]:
        if not x.prefix:
            raise RuleError(f"no tokens stand in front of {x}", code="token")
        return Tokens(len(x.prefix), x.c, None, x.prefix), x.body

    def cost(self, x: Tokens) -> Cost:
        return Cost()

    def build(self, x: Tokens) -> "nn.Module":
        from archspec.ops.layers.token import SplitPrefix

        return SplitPrefix(len(x.prefix))


class SelectToken(Op):
    """One token, by name, as a vector."""

    role: ClassVar[str] = "pool"
    examples: ClassVar = [({"token": "dist"}, Tokens(8, 4, Grid(2, 3), ("cls", "dist")))]

    token: Name = "cls"

    def label(self) -> str:
        return f"{self.token} token"

    def infer(self, x: Tokens) -> Vector:
        x.index(self.token)
        return Vector(x.c)

    def reads(self, *shapes: Tokens) -> tuple[Span, ...]:  # type: ignore[override]
        place = shapes[0].index(self.token)
        return ((place, place + 1),)

    def cost(self, x: Tokens) -> Cost:
        return Cost()

    def build(self, x: Tokens) -> "nn.Module":
        from archspec.ops.layers.token import SelectToken

        return SelectToken(x.index(self.token))


class MeanPool(Op):
    """The mean over the cells of an image, or over the tokens behind the prefix."""

    role: ClassVar[str] = "pool"
    examples: ClassVar = [
        ({}, Tokens(7, 4, Grid(2, 3), ("cls",))),
        ({"prefix": True}, Tokens(7, 4, Grid(2, 3), ("cls",))),
        ({}, Image(4, 3, 3)),
    ]

    prefix: bool = False
    """Count the tokens in front in."""

    def infer(self, x: Image | Tokens) -> Vector:
        return Vector(x.c)

    def reads(self, *shapes: Image | Tokens) -> tuple[Span, ...]:  # type: ignore[override]
        (x,) = shapes
        return ((len(x.prefix) if isinstance(x, Tokens) and not self.prefix else 0, x.rows),)

    def cost(self, x: Image | Tokens) -> Cost:
        return Cost()

    def build(self, x: Image | Tokens) -> "nn.Module":
        from archspec.ops.layers.token import MeanPool

        if isinstance(x, Image):
            return MeanPool(0, (2, 3))
        return MeanPool(0 if self.prefix else len(x.prefix), (1,))


class PositionEmbedding(Op):
    """A learned vector for every token or cell, added (ViT, eq. 1). It resamples weights of another size."""

    role: ClassVar[str] = "position"
    examples: ClassVar = [({}, Tokens(7, 4, Grid(2, 3), ("cls",))), ({}, Image(4, 3, 5))]

    init: Init = "trunc_normal"

    def infer(self, x: Image | Tokens) -> Image | Tokens:
        return x

    def cost(self, x: Image | Tokens) -> Cost:
        return Cost(params=x.numel)

    def build(self, x: Image | Tokens) -> "nn.Module":
        from archspec.ops.layers.token import ImagePosition, PositionEmbedding

        if isinstance(x, Image):
            return ImagePosition(x.c, (x.h, x.w), self.init)
        return PositionEmbedding(x.n, x.c, (x.grid.h, x.grid.w) if x.grid else None, self.init)


class SinusoidPosition(Op):
    """Fixed waves of falling frequency, added to every token (Vaswani et al. 2017, §3.5); frozen among the weights."""

    role: ClassVar[str] = "position"
    examples: ClassVar = [({}, Tokens(7, 4, Grid(2, 3), ("cls",))), ({"recompute": True}, Tokens(4, 5))]

    recompute: bool = False
    """What weights of another image size bring: false resamples their waves, true computes those of this size."""

    def infer(self, x: Tokens) -> Tokens:
        return x

    def cost(self, x: Tokens) -> Cost:
        return Cost(params=x.numel, frozen=x.numel)

    def build(self, x: Tokens) -> "nn.Module":
        from archspec.ops.layers.token import SinusoidPosition

        return SinusoidPosition(x.n, x.c, (x.grid.h, x.grid.w) if x.grid else None, recompute=self.recompute)
