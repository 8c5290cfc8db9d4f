from typing import Annotated, ClassVar

from pydantic import Field

from archspec.graph import Composite, Grid, Scope, Size, Tokens, Value
from archspec.ops.conv import Conv2d
from archspec.ops.layout import ToImage, ToTokens
from archspec.ops.linear import Linear
from archspec.ops.merge import Join
from archspec.ops.norm import BatchNorm
from archspec.ops.token import SplitPrefix


class ConvProjection(Composite):
    """Tokens → grid → depthwise conv → tokens → linear; prefix tokens skip the convolution (CvT, §3.2)."""

    role: ClassVar[str] = "projection"
    examples: ClassVar = [
        ({"kernel": 3, "stride": 2}, Tokens(13, 4, Grid(3, 4), ("cls",))),
        ({"bias": False, "features": 6}, Tokens(12, 4, Grid(3, 4))),
    ]

    kernel: Annotated[int, Field(ge=1, le=255, multiple_of=1)] = 3
    stride: Size = 1
    features: Size | None = None
    """Width of what comes out; where none is given, that of what comes in."""
    bias: bool = True

    def label(self) -> str:
        return f"conv projection {self.kernel}×{self.kernel}" + (f" /{self.stride}" if self.stride > 1 else "")

    def expand(self, scope: Scope, x: Value[Tokens]) -> Value[Tokens]:
        c = x.shape.c
        front, body = scope("split", SplitPrefix(), x) if x.shape.prefix else (None, x)
        y = scope("image", ToImage(), body)
        conv = Conv2d(
            channels=c, kernel=self.kernel, stride=self.stride, padding=self.kernel // 2, groups=c, bias=False
        )
        y = scope("conv", conv, y)
        y = scope("norm", BatchNorm(), y)
        y = scope("tokens", ToTokens(), y)
        y = scope("join", Join(), front, y) if front else y
        return scope("proj", Linear(features=self.features or c, bias=self.bias), y)
