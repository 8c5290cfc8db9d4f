from typing import ClassVar

from archspec.graph import Composite, Grid, Image, Scope, Tokens, Value
from archspec.ops.conv import Paddings, Pair, Unfold, by, times
from archspec.ops.layout import ToImage


class T2TUnfold(Composite):
    """The soft split: an image, or tokens on their grid, as overlapping windows, each one token (T2T-ViT, §3.1)."""

    word: ClassVar[str] = "t2t_unfold"
    role: ClassVar[str] = "embed"
    examples: ClassVar = [
        ({"kernel": 7, "stride": 4, "padding": 2}, Image(3, 16, 24)),
        ({"kernel": 3, "stride": 2, "padding": 1}, Tokens(12, 4, Grid(3, 4))),
    ]

    kernel: Pair
    stride: Pair
    padding: Paddings = 0

    def label(self) -> str:
        return f"soft split {times(self.kernel)} {by(self.stride)}"

    def expand(self, scope: Scope, x: Value[Image | Tokens]) -> Value[Tokens]:
        image = scope("image", ToImage(), x) if isinstance(x.shape, Tokens) else x
        unfold = Unfold(kernel=self.kernel, stride=self.stride, padding=self.padding)
        return scope("unfold", unfold, image)
