from typing import Annotated, ClassVar

from archspec.graph import Block, Composite, Grid, Image, Role, Scope, Size, Tokens, Value
from archspec.ops.conv import Conv2d, Paddings, Pair, by
from archspec.ops.layout import ToImage, ToTokens
from archspec.ops.norm import LayerNorm


class ConvEmbed(Composite):
    """Convolutional token embedding: overlapping patches of an image, or of tokens on their grid (CvT, §3.1)."""

    role: ClassVar[str] = "embed"
    examples: ClassVar = [
        ({"dim": 8, "kernel": 7, "stride": 4, "padding": 2}, Image(3, 16, 24)),
        ({"dim": 8, "kernel": 3, "stride": 2, "padding": 1, "norm": None}, Tokens(12, 4, Grid(3, 4))),
    ]

    dim: Size
    """Width of a token."""
    kernel: Pair
    stride: Pair
    padding: Paddings = 0
    norm: Annotated[Block | None, Role("norm")] = LayerNorm()
    """What follows the projection; null for nothing."""

    def label(self) -> str:
        return f"conv embed {by(self.stride)}"

    def expand(self, scope: Scope, x: Value[Image | Tokens]) -> Value[Tokens]:
        image = scope("image", ToImage(), x) if isinstance(x.shape, Tokens) else x
        y = scope(
            "proj", Conv2d(channels=self.dim, kernel=self.kernel, stride=self.stride, padding=self.padding), image
        )
        y = scope("tokens", ToTokens(), y)
        return scope("norm", self.norm, y) if self.norm else y
