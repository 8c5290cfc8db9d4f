from typing import ClassVar

from archspec.graph import Composite, Image, Scope, Size, Tokens, Value, divide
from archspec.ops.conv import Conv2d, Pair, by, pair
from archspec.ops.layout import ToTokens


class PatchEmbed(Composite):
    """Patch embedding: non-overlapping patches of the image, each projected linearly to one token (ViT, §3.1)."""

    role: ClassVar[str] = "embed"
    examples: ClassVar = [({"patch": 4, "dim": 8}, Image(3, 16, 24)), ({"patch": (2, 4), "dim": 8}, Image(3, 16, 24))]

    patch: Pair
    """Side of a patch in pixels, or [rows, columns]; divides the image."""
    dim: Size
    """Width of a token."""

    def label(self) -> str:
        return f"patch embed {by(self.patch)}"

    def expand(self, scope: Scope, x: Value[Image]) -> Value[Tokens]:
        for side, patch, axis in zip((x.shape.h, x.shape.w), pair(self.patch), ("height", "width"), strict=True):
            divide(side, patch, "patch", f"the image's {axis} of {side}")
        y = scope("proj", Conv2d(channels=self.dim, kernel=self.patch, stride=self.patch), x)
        return scope("tokens", ToTokens(), y)
