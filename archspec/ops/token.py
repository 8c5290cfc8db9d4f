"""Learned tokens, token selection, pooling and position embeddings."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from archspec.errors import RuleError
from archspec.graph import Cost, Grid, Image, Op, Rows, Size, Span, Tokens, Vector
from archspec.ops.init import Init

if TYPE_CHECKING:
    from torch import nn

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,30}$")]


class Token(Op):
    """A learned token; it has no input."""

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
    """Prepends learned tokens, each with a name."""

    role: ClassVar[str] = "token"
    examples: ClassVar = [({"names": ("cls", "dist")}, Tokens(6, 4, Grid(2, 3))), ({"names": ("cls",)}, Tokens(6, 4))]

    names: Annotated[tuple[Name, ...], Field(min_length=1, max_length=256)]
    init: Init = "trunc_normal"

    def label(self) -> str:
        return f"+ {', '.join(self.names)}"

    def infer(self, x: Tokens) -> Tokens:
        check_names(self.names, x)
        return replace(x, n=x.n + len(self.names), prefix=self.names + x.prefix)

    def cost(self, x: Tokens) -> Cost:
        return Cost(params=len(self.names) * x.c)

    def build(self, x: Tokens) -> "nn.Module":
        from archspec.ops.layers.token import PrependTokens

        return PrependTokens(len(self.names), x.c, self.init)


class ClassToken(PrependTokens):
    """Prepends a learned class token, which the classifier reads (ViT, §3.1)."""

    examples: ClassVar = [({}, Tokens(6, 4, Grid(2, 3)))]

    names: Annotated[tuple[Name, ...], Field(min_length=1, max_length=256)] = ("cls",)


class AppendTokens(Op):
    """Appends learned tokens, each with a name; the result lies on no grid."""

    role: ClassVar[str] = "token"
    examples: ClassVar = [
        ({"names": ("dist",)}, Tokens(7, 4, Grid(2, 3), ("cls",))),
        ({"names": ("a", "b"), "init": "normal"}, Tokens(6, 4, None, (), ("dist",))),
    ]

    names: Annotated[tuple[Name, ...], Field(min_length=1, max_length=256)]
    init: Init = "trunc_normal"

    def label(self) -> str:
        return f"{', '.join(self.names)} +"

    def infer(self, x: Tokens) -> Tokens:
        check_names(self.names, x)
        return replace(x, n=x.n + len(self.names), grid=None, suffix=x.suffix + self.names)

    def cost(self, x: Tokens) -> Cost:
        return Cost(params=len(self.names) * x.c)

    def build(self, x: Tokens) -> "nn.Module":
        from archspec.ops.layers.token import AppendTokens

        return AppendTokens(len(self.names), x.c, self.init)


class SplitPrefix(Op):
    """Splits a sequence into its prefix tokens and the rest."""

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
    """Global average pooling over the positions of an image, or over the tokens that have no names."""

    role: ClassVar[str] = "pool"
    examples: ClassVar = [
        ({}, Tokens(7, 4, Grid(2, 3), ("cls",))),
        ({"prefix": True}, Tokens(8, 4, None, ("cls",), ("dist",))),
        ({"suffix": True}, Tokens(8, 4, None, ("cls",), ("dist",))),
        ({}, Image(4, 3, 3)),
    ]

    prefix: bool = False
    """Count the tokens in front in."""
    suffix: bool = False
    """Count those behind in."""

    def infer(self, x: Image | Tokens) -> Vector:
        return Vector(x.c)

    def reads(self, *shapes: Image | Tokens) -> tuple[Span, ...]:  # type: ignore[override]
        (x,) = shapes
        return (self._counted(x) if isinstance(x, Tokens) else (0, x.rows),)

    def cost(self, x: Image | Tokens) -> Cost:
        return Cost()

    def build(self, x: Image | Tokens) -> "nn.Module":
        from archspec.ops.layers.token import MeanPool

        if isinstance(x, Image):
            return MeanPool(slice(None), (2, 3))
        first, last = self._counted(x)
        return MeanPool(slice(first, last) if last - first < x.n else slice(None), (1,))

    def _counted(self, x: Tokens) -> Span:
        """The tokens that the mean is over."""
        return 0 if self.prefix else len(x.prefix), x.n if self.suffix else x.n - len(x.suffix)


class PositionEmbedding(Op):
    """Learned position embeddings, added to tokens or to an image (ViT, eq. 1). Loading resamples another grid's."""

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
    """Fixed sinusoidal position encodings, added to the tokens (Vaswani et al. 2017, §3.5); saved, never trained."""

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


def check_names(names: tuple[str, ...], x: Tokens) -> None:
    """Raises a RuleError where new tokens would have a name twice, or one that a token has already."""
    twice = sorted({name for name in names if (*names, *x.prefix, *x.suffix).count(name) > 1})
    if twice:
        raise RuleError(f"two tokens would be named {', '.join(twice)}", code="token", field="names")
