"""Normalisation."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from archspec.graph import Cost, Image, Op, Rows, Tokens, Vector

if TYPE_CHECKING:
    from torch import nn

Epsilon = Annotated[float, Field(gt=0, lt=1)]


class LayerNorm(Op):
    """Layer normalisation over the width of each token or vector; over the channels of each cell of an image."""

    role: ClassVar[str] = "norm"
    rows: ClassVar[Rows] = "each"
    examples: ClassVar = [
        *(({}, Tokens(5, 4)), ({"eps": 1e-6}, Vector(4)), ({}, Image(4, 3, 3))),
        *(({"eps_on": "deviation"}, shape) for shape in (Tokens(5, 4), Image(4, 3, 3))),
    ]

    eps: Epsilon = 1e-5
    eps_on: Literal["variance", "deviation"] = "variance"
    """What `eps` is added to: the variance, or its root (the source article's CvT)."""

    def infer(self, x: Image | Tokens | Vector) -> Image | Tokens | Vector:
        return x

    def cost(self, x: Image | Tokens | Vector) -> Cost:
        return Cost(params=2 * x.c)

    def build(self, x: Image | Tokens | Vector) -> "nn.Module":
        from torch import nn

        from archspec.ops.layers.norm import DeviationNorm, ImageDeviationNorm, ImageNorm

        if self.eps_on == "deviation":
            return (ImageDeviationNorm if isinstance(x, Image) else DeviationNorm)(x.c, self.eps)
        return ImageNorm(x.c, self.eps) if isinstance(x, Image) else nn.LayerNorm(x.c, self.eps)


class BatchNorm(Op):
    """Batch normalisation of each channel, over the batch and all cells or tokens."""

    role: ClassVar[str] = "norm"
    effects: ClassVar[bool] = True
    examples: ClassVar = [({}, Image(4, 3, 3)), ({"gamma": 0.0}, Tokens(5, 4)), ({}, Vector(4))]

    eps: Epsilon = 1e-5
    gamma: float = 1.0
    """What the scale starts from; 0 makes a residual branch start as nothing (LeViT, §4.1)."""

    def infer(self, x: Image | Tokens | Vector) -> Image | Tokens | Vector:
        return x

    def cost(self, x: Image | Tokens | Vector) -> Cost:
        return Cost(params=2 * x.c, buffers=2 * x.c + 1)

    def build(self, x: Image | Tokens | Vector) -> "nn.Module":
        from archspec.ops.layers.norm import BatchNorm2d, TokenBatchNorm, VectorBatchNorm

        if isinstance(x, Image):
            return BatchNorm2d(x.c, self.eps, gamma=self.gamma)
        kind = {Tokens: TokenBatchNorm, Vector: VectorBatchNorm}[type(x)]
        return kind(x.c, self.eps, gamma=self.gamma)
