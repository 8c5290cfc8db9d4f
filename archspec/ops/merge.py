"""Ops that combine several values into one, or scale one."""

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

from archspec.errors import RuleError
from archspec.graph import Cost, Grid, Image, Op, Rows, Shape, Tokens, Vector

if TYPE_CHECKING:
    from torch import nn


def alike(word: str, values: tuple[Shape, ...]) -> Shape:
    """The one shape that all values have."""
    first = values[0]
    for value in values[1:]:
        if value.sizes != first.sizes or type(value) is not type(first):
            raise RuleError(f"{word} takes values of one shape, got {first} and {value}")
    return first


class Add(Op):
    """The sum of values of one shape; a residual connection."""

    role: ClassVar[str] = "add"
    rows: ClassVar[Rows] = "each"
    examples: ClassVar = [({}, Tokens(5, 4), Tokens(5, 4)), ({}, Vector(4), Vector(4), Vector(4))]

    def label(self) -> str:
        return "+"

    def infer(self, *xs: Image | Tokens | Vector) -> Image | Tokens | Vector:
        return alike("add", xs)  # type: ignore[return-value]

    def cost(self, *xs: Image | Tokens | Vector) -> Cost:
        return Cost()

    def build(self, *xs: Image | Tokens | Vector) -> "nn.Module":
        from archspec.ops.layers.merge import Add

        return Add()


class Mean(Op):
    """The mean of values of one shape, such as the logits of two heads."""

    role: ClassVar[str] = "merge"
    rows: ClassVar[Rows] = "each"
    examples: ClassVar = [({}, Vector(4), Vector(4))]

    def infer(self, *xs: Image | Tokens | Vector) -> Image | Tokens | Vector:
        return alike("mean", xs)  # type: ignore[return-value]

    def cost(self, *xs: Image | Tokens | Vector) -> Cost:
        return Cost()

    def build(self, *xs: Image | Tokens | Vector) -> "nn.Module":
        from archspec.ops.layers.merge import Mean

        return Mean()


class Concat(Op):
    """Concatenation along the channels of images, tokens or vectors."""

    role: ClassVar[str] = "merge"
    rows: ClassVar[Rows] = "each"
    examples: ClassVar = [
        ({}, Tokens(5, 4), Tokens(5, 3)),
        ({}, Image(4, 3, 3), Image(2, 3, 3)),
        ({}, Vector(4), Vector(3)),
    ]

    def infer(self, *xs: Image | Tokens | Vector) -> Image | Tokens | Vector:
        alike("concat", tuple(replace(x, c=1) for x in xs))
        return replace(xs[0], c=sum(x.c for x in xs))

    def cost(self, *xs: Image | Tokens | Vector) -> Cost:
        return Cost()

    def build(self, *xs: Image | Tokens | Vector) -> "nn.Module":
        from archspec.ops.layers.merge import Concat

        return Concat(1 if isinstance(xs[0], Image) else -1)


class Join(Op):
    """Concatenation of prefix tokens and other tokens along the sequence; names and grid are kept."""

    role: ClassVar[str] = "merge"
    rows: ClassVar[Rows] = "moved"
    examples: ClassVar = [({}, Tokens(1, 4, None, ("cls",)), Tokens(6, 4, Grid(2, 3)))]

    def infer(self, front: Tokens, body: Tokens) -> Tokens:
        if front.c != body.c:
            raise RuleError(f"tokens of width {front.c} do not join tokens of width {body.c}")
        if front.grid:
            raise RuleError(f"{front} have a grid of {front.grid}, so they cannot stand in front")
        if front.suffix:
            raise RuleError(f"{front} have {', '.join(front.suffix)} behind them, so they cannot stand in front")
        twice = set(front.prefix) & {*body.prefix, *body.suffix}
        if twice:
            raise RuleError(f"two tokens would be named {', '.join(sorted(twice))}", code="token")
        return replace(body, n=front.n + body.n, prefix=front.prefix + body.prefix)

    def cost(self, front: Tokens, body: Tokens) -> Cost:
        return Cost()

    def build(self, front: Tokens, body: Tokens) -> "nn.Module":
        from archspec.ops.layers.merge import Concat

        return Concat(1)


class Scale(Op):
    """Multiplication by a constant."""

    role: ClassVar[str] = "scale"
    rows: ClassVar[Rows] = "each"
    examples: ClassVar = [({"by": 0.5}, Tokens(5, 4))]

    by: float

    def label(self) -> str:
        return f"× {self.by:g}"

    def infer(self, x: Image | Tokens | Vector) -> Image | Tokens | Vector:
        return x

    def cost(self, x: Image | Tokens | Vector) -> Cost:
        return Cost()

    def build(self, x: Image | Tokens | Vector) -> "nn.Module":
        from archspec.ops.layers.merge import Scale

        return Scale(self.by)


class Gate(Op):
    """Channel-wise gating: each channel multiplied by its entry in a vector (Hu et al. 2018, eq. 4)."""

    role: ClassVar[str] = "scale"
    rows: ClassVar[Rows] = "asked"
    examples: ClassVar = [({}, Tokens(5, 4, Grid(2, 2), ("cls",)), Vector(4)), ({}, Image(4, 3, 5), Vector(4))]

    def label(self) -> str:
        return "×"

    def infer(self, x: Image | Tokens, gate: Vector) -> Image | Tokens:
        if gate.c != x.c:
            raise RuleError(f"a gate of {gate.c} channels does not fit the {x.c} channels of {x}")
        return x

    def cost(self, x: Image | Tokens, gate: Vector) -> Cost:
        return Cost()

    def build(self, x: Image | Tokens, gate: Vector) -> "nn.Module":
        from archspec.ops.layers.merge import Gate

        return Gate((2, 3) if isinstance(x, Image) else (1,))


class LayerScale(Op):
    """LayerScale: each channel multiplied by a learned factor that is initialised small (CaiT, §2)."""

    role: ClassVar[str] = "scale"
    rows: ClassVar[Rows] = "each"
    examples: ClassVar = [({"init": 1e-5}, Tokens(5, 4)), ({"init": "uniform"}, Tokens(5, 4))]

    init: float | Literal["uniform"] = 1e-5
    """What all factors start from; `uniform` draws each from U(−1, 1), as a 1×1 depthwise convolution's."""

    def infer(self, x: Tokens | Vector) -> Tokens | Vector:
        return x

    def cost(self, x: Tokens | Vector) -> Cost:
        return Cost(params=x.c)

    def build(self, x: Tokens | Vector) -> "nn.Module":
        from archspec.ops.layers.merge import LayerScale

        return LayerScale(x.c, self.init)
