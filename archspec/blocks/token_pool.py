from typing import ClassVar, Literal

from archspec.graph import Composite, Grid, Scope, Size, Tokens, Value
from archspec.ops.conv import Conv2d
from archspec.ops.layout import ToImage, ToTokens
from archspec.ops.linear import Linear
from archspec.ops.merge import Join
from archspec.ops.token import SplitPrefix


class TokenPool(Composite):
    """A smaller grid of wider tokens by a depthwise convolution; tokens in front widen by a linear map (PiT, §3.2)."""

    role: ClassVar[str] = "pool"
    examples: ClassVar = [
        ({}, Tokens(17, 4, Grid(3, 5), ("cls", "dist"))),
        ({"widen": 3, "pointwise": "after"}, Tokens(15, 4, Grid(3, 5))),
        ({"pointwise": "widens"}, Tokens(16, 4, Grid(3, 5), ("cls",))),
    ]

    kernel: Size = 3
    stride: Size = 2
    widen: Size = 2
    """Width of what comes out ÷ width of what comes in."""
    pointwise: Literal["none", "after", "widens"] = "none"
    """A 1×1 convolution behind the depthwise one: none; one that keeps the width (vit-pytorch); one that widens in its
    place (Xception)."""

    def label(self) -> str:
        return f"pool /{self.stride}, channels ×{self.widen}"

    def expand(self, scope: Scope, x: Value[Tokens]) -> Value[Tokens]:
        c, features = x.shape.c, x.shape.c * self.widen
        front, body = scope("split", SplitPrefix(), x) if x.shape.prefix else (None, x)
        depthwise = Conv2d(channels=c if self.pointwise == "widens" else features, kernel=self.kernel,
                           stride=self.stride, padding=self.kernel // 2, groups=c)  # fmt: skip
        y = scope("conv", depthwise, scope("image", ToImage(), body))
        y = scope("mix", Conv2d(channels=features, kernel=1), y) if self.pointwise != "none" else y
        y = scope("tokens", ToTokens(), y)
        return scope("join", Join(), scope("fc", Linear(features=features), front), y) if front else y
