"""Convolution and unfolding: sliding windows over an image."""

import math
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from archspec.errors import RuleError
from archspec.graph import Cost, Grid, Image, Op, Shape, Size, Tokens, divide
from archspec.ops.init import Init

if TYPE_CHECKING:
    from torch import nn

Pair = Size | tuple[Size, Size]
Padding = Annotated[int, Field(ge=0, le=2**31)]
Paddings = Padding | tuple[Padding, Padding]


def pair(size: int | tuple[int, int]) -> tuple[int, int]:
    """One number for both axes, or (rows, columns)."""
    return size if isinstance(size, tuple) else (size, size)


def times(size: int | tuple[int, int]) -> str:
    """A window's size in a label: 3×3."""
    return "×".join(map(str, pair(size)))


def by(stride: int | tuple[int, int]) -> str:
    """What a stride does to the sides, in a label: /2."""
    rows, columns = pair(stride)
    return f"/{rows}" if rows == columns else f"/{rows}×{columns}"


class Window(Op):
    """Kernel, stride, padding, and the grid that they leave."""

    kernel: Pair
    stride: Pair = 1
    padding: Paddings = 0

    def grid(self, x: Grid) -> Grid:
        """⌊(side + 2 · padding − kernel) / stride⌋ + 1 on each axis."""
        sides = []
        for axis, side in enumerate((x.h, x.w)):
            kernel, padding = pair(self.kernel)[axis], pair(self.padding)[axis]
            if side + 2 * padding < kernel:
                room = f"{side} cells" + (f" with {padding} of padding on each side" if padding else "")
                raise RuleError(f"a kernel of {kernel} does not fit into {room}", field="kernel")
            sides.append((side + 2 * padding - kernel) // pair(self.stride)[axis] + 1)
        return Grid(*sides)

    def unread(self, x: Grid) -> tuple[int, int]:
        """How many rows and columns at the end no window reaches; none where as many lie between any two windows."""
        ends = []
        for axis, side in enumerate((x.h, x.w)):
            kernel, stride, padding = (pair(size)[axis] for size in (self.kernel, self.stride, self.padding))
            end = (side + 2 * padding - kernel) % stride - padding
            ends.append(end if end > max(0, stride - kernel) else 0)
        return ends[0], ends[1]


class Conv2d(Window):
    """Convolution over an image."""

    role: ClassVar[str] = "conv"
    examples: ClassVar = [
        ({"channels": 8, "kernel": 3, "stride": 2, "padding": 1}, Image(4, 9, 11)),
        ({"channels": 8, "kernel": (3, 5), "groups": 4, "bias": False}, Image(4, 9, 11)),
    ]

    channels: Size
    groups: Size = 1
    bias: bool = True
    init: Init = "torch"

    def label(self) -> str:
        return f"conv {times(self.kernel)}" + (f" {by(self.stride)}" if pair(self.stride) != (1, 1) else "")

    def label_on(self, *inputs: Shape) -> str:
        """A convolution of every channel by itself is called depthwise."""
        (x,) = inputs
        return f"depthwise {self.label()}" if isinstance(x, Image) and 1 < self.groups == x.c else self.label()

    def infer(self, x: Image) -> Image:
        divide(x.c, self.groups, "groups", f"the {x.c} channels of {x}")
        divide(self.channels, self.groups, "groups", f"channels={self.channels}")
        grid = self.grid(x.grid)
        return Image(self.channels, grid.h, grid.w)

    def cost(self, x: Image) -> Cost:
        taps = math.prod(pair(self.kernel)) * x.c // self.groups
        return Cost(params=(taps + self.bias) * self.channels, macs=taps * self.infer(x).numel)

    def build(self, x: Image) -> "nn.Module":
        from archspec.ops.layers.conv import Conv2d

        return Conv2d(x.c, self.channels, pair(self.kernel), pair(self.stride), pair(self.padding),
                      groups=self.groups, bias=self.bias, init=self.init)  # fmt: skip


class Unfold(Window):
    """Unfold (im2col): each window becomes a token of c · kernel² values, channel by channel (T2T-ViT, §3.1)."""

    role: ClassVar[str] = "layout"
    examples: ClassVar = [({"kernel": 3, "stride": 2, "padding": 1}, Image(4, 9, 11))]

    def label(self) -> str:
        return f"unfold {times(self.kernel)} {by(self.stride)}"

    def infer(self, x: Image) -> Tokens:
        grid = self.grid(x.grid)
        return Tokens(grid.n, x.c * math.prod(pair(self.kernel)), grid)

    def cost(self, x: Image) -> Cost:
        return Cost()

    def build(self, x: Image) -> "nn.Module":
        from archspec.ops.layers.conv import Unfold

        return Unfold(pair(self.kernel), pair(self.stride), pair(self.padding))
