from typing import Annotated, ClassVar

from pydantic import Field

from archspec.errors import RuleError
from archspec.graph import Block, Composite, Image, Role, Scope, Size, Tokens, Value
from archspec.ops.activation import Act, Activation
from archspec.ops.conv import Conv2d, Padding
from archspec.ops.layout import ToTokens
from archspec.ops.norm import BatchNorm


class ConvStem(Composite):
    """Strided convolutions in place of a patch embedding; each position of its output is a token (LeViT, §4.1)."""

    role: ClassVar[str] = "embed"
    examples: ClassVar = [
        ({"widths": (4, 6, 8), "norm": BatchNorm(), "act": "hardswish"}, Image(3, 16, 24)),
        ({"widths": (2, 4), "kernels": (7, 3), "strides": (4, 3), "paddings": (3, 0)}, Image(3, 24, 36)),
        ({"widths": (4,), "act": None}, Image(3, 8, 8)),
    ]

    widths: Annotated[tuple[Size, ...], Field(min_length=1, max_length=64)]
    """Channels of each convolution; the last one's are the width of a token."""
    kernels: Size | tuple[Size, ...] = 3
    """Of each convolution, or of all; so are strides and paddings."""
    strides: Size | tuple[Size, ...] = 2
    paddings: Padding | tuple[Padding, ...] = 1
    norm: Annotated[Block | None, Role("norm")] = None
    """What follows each convolution, which then has no bias; null for nothing."""
    act: Act | None = "relu"
    """What stands between two convolutions; null for nothing."""

    def expand(self, scope: Scope, x: Value[Image]) -> Value[Tokens]:
        sizes = zip(self._each("kernels"), self._each("strides"), self._each("paddings"), strict=True)
        for place, (width, (kernel, stride, padding)) in enumerate(zip(self.widths, sizes, strict=True), 1):
            conv = Conv2d(channels=width, kernel=kernel, stride=stride, padding=padding, bias=self.norm is None)
            x = scope(f"conv{place}", conv, x)
            x = scope(f"norm{place}", self.norm, x) if self.norm else x
            x = scope(f"act{place}", Activation(kind=self.act), x) if self.act and place < len(self.widths) else x
        result: Value[Tokens] = scope("tokens", ToTokens(), x)
        return result

    def _each(self, field: str) -> tuple[int, ...]:
        """A size for every convolution."""
        sizes: int | tuple[int, ...] = getattr(self, field)
        if isinstance(sizes, int):
            return (sizes,) * len(self.widths)
        if len(sizes) != len(self.widths):
            raise RuleError(f"{len(sizes)} {field} do not fit {len(self.widths)} widths", field=field)
        return sizes
