"""Layout ops: they rearrange values without changing them, and show their einops pattern."""

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from archspec.errors import RuleError
from archspec.graph import Cost, Grid, Image, Op, Rows, Shape, Size, Tokens, Vector
from archspec.ops.conv import Pair, pair, times

if TYPE_CHECKING:
    from torch import nn


class ToTokens(Op):
    """An image's cells as tokens, row by row: `b c h w -> b (h w) c`."""

    role: ClassVar[str] = "layout"
    examples: ClassVar = [({}, Image(4, 3, 5))]

    def label(self) -> str:
        return "b c h w → b (h w) c"

    def infer(self, x: Image) -> Tokens:
        return Tokens(x.h * x.w, x.c, x.grid)

    def cost(self, x: Image) -> Cost:
        return Cost()

    def build(self, x: Image) -> "nn.Module":
        from archspec.ops.layers.layout import ToTokens

        return ToTokens()


class ToImage(Op):
    """Tokens back on the grid they were cut from: `b (h w) c -> b c h w`."""

    role: ClassVar[str] = "layout"
    examples: ClassVar = [({}, Tokens(15, 4, Grid(3, 5)))]

    def label(self) -> str:
        return "b (h w) c → b c h w"

    def infer(self, x: Tokens) -> Image:
        if x.grid is None:
            raise RuleError(f"{x} were cut from no grid, so they make no image", code="grid")
        if x.prefix:
            raise RuleError(
                f"the tokens {', '.join(x.prefix)} in front of {x} have no place in an image",
                code="grid",
                help="take them off with {block: split_prefix}",
            )
        return Image(x.c, x.grid.h, x.grid.w)

    def cost(self, x: Tokens) -> Cost:
        return Cost()

    def build(self, x: Tokens) -> "nn.Module":
        from archspec.ops.layers.layout import ToImage

        assert x.grid
        return ToImage(x.grid.h, x.grid.w)


class Split(Op):
    """Splits the width into equal parts, such as a fused projection into q, k and v."""

    role: ClassVar[str] = "layout"
    rows: ClassVar[Rows] = "each"
    outputs: ClassVar[tuple[str, ...]] = ("q", "k", "v")
    examples: ClassVar = [({}, Tokens(5, 12)), ({"order": "kqv"}, Tokens(5, 12))]

    order: Literal["qkv", "kqv"] = "qkv"
    """In which order the parts lie."""

    def label(self) -> str:
        return " | ".join(self.order)

    def infer(self, x: Tokens) -> tuple[Tokens, Tokens, Tokens]:
        if x.c % 3:
            raise RuleError(f"the {x.c} channels of {x} make no three parts", code="divisible")
        return (x.wide(x.c // 3),) * 3

    def cost(self, x: Tokens) -> Cost:
        return Cost()

    def build(self, x: Tokens) -> "nn.Module":
        from archspec.ops.layers.layout import Split

        return Split(tuple(map(self.order.index, "qkv")))


class SplitHeads(Op):
    """Splits a width laid out head by head, such as [q | k | v] per head, into its parts over all heads."""

    role: ClassVar[str] = "layout"
    rows: ClassVar[Rows] = "each"
    examples: ClassVar = [
        ({"heads": 2, "parts": (1, 1, 2)}, Tokens(6, 8, Grid(2, 3))),
        ({"heads": 1, "parts": (4, 4)}, Tokens(5, 8)),
    ]

    heads: Size
    parts: Annotated[tuple[Size, ...], Field(min_length=2, max_length=3)]
    """Channels of one head's q, k and v; of k and v, where there are two."""

    def label(self) -> str:
        return " | ".join(self.output_names())

    def output_names(self) -> tuple[str, ...]:
        return ("q", "k", "v")[-len(self.parts) :]

    def infer(self, x: Tokens) -> tuple[Tokens, ...]:
        if self.heads * sum(self.parts) != x.c:
            parts = " + ".join(map(str, self.parts))
            raise RuleError(f"{self.heads} heads of {parts} channels are not the {x.c} channels of {x}", field="parts")
        return tuple(x.wide(self.heads * part) for part in self.parts)

    def cost(self, x: Tokens) -> Cost:
        return Cost()

    def build(self, x: Tokens) -> "nn.Module":
        from archspec.ops.layers.layout import SplitHeads

        return SplitHeads(self.heads, self.parts)


class Subsample(Op):
    """Every `stride`-th row and column of an image, or of tokens on their grid; prefix tokens are kept."""

    role: ClassVar[str] = "layout"
    examples: ClassVar = [
        ({"stride": 2}, Tokens(16, 4, Grid(3, 5), ("cls",))),
        ({"stride": (1, 3)}, Tokens(15, 4, Grid(3, 5))),
        ({"stride": 2}, Image(4, 3, 4)),
    ]

    stride: Pair = 2

    def label(self) -> str:
        return f"every {times(self.stride)}. cell"

    def infer(self, x: Image | Tokens) -> Image | Tokens:
        if x.grid is None:
            raise RuleError(f"{x} were cut from no grid, so they have no rows and columns", code="grid")
        down, across = pair(self.stride)
        grid = Grid(-(-x.grid.h // down), -(-x.grid.w // across))
        if isinstance(x, Image):
            return Image(x.c, grid.h, grid.w)
        return Tokens(len(x.prefix) + grid.n, x.c, grid, x.prefix)

    def cost(self, x: Image | Tokens) -> Cost:
        return Cost()

    def build(self, x: Image | Tokens) -> "nn.Module":
        from archspec.ops.layers.layout import SubsampleImage, SubsampleTokens

        if isinstance(x, Image):
            return SubsampleImage(pair(self.stride))
        assert x.grid
        return SubsampleTokens((x.grid.h, x.grid.w), pair(self.stride), front=len(x.prefix))


class Resize(Op):
    """An image at another size; corners are not aligned, and nothing is filtered."""

    role: ClassVar[str] = "layout"
    examples: ClassVar = [
        ({"size": 5}, Image(3, 4, 6)),
        ({"size": (2, 3), "mode": "bilinear"}, Image(3, 4, 6)),
        ({"size": (4, 6)}, Image(3, 4, 6)),
    ]

    size: Pair
    """Height and width, or one number for both."""
    mode: Literal["bicubic", "bilinear", "nearest"] = "bicubic"

    def label(self) -> str:
        return f"{self.mode} → {times(self.size)}"

    def infer(self, x: Image) -> Image:
        return Image(x.c, *pair(self.size))

    def cost(self, x: Image) -> Cost:
        return Cost()

    def build(self, x: Image) -> "nn.Module":
        from torch import nn

        from archspec.ops.layers.layout import Resize

        return nn.Identity() if (x.h, x.w) == pair(self.size) else Resize(pair(self.size), self.mode)


class Rearrange(Op):
    """An einops pattern of one's own on one sample's axes: `(h p) w -> h (p w)`; `to` says what the result is."""

    role: ClassVar[str] = "layout"
    examples: ClassVar = [
        ({"pattern": "c (h p) (w q) -> (c p q) h w", "to": "image", "axes": {"p": 2, "q": 2}}, Image(3, 4, 6)),
        ({"pattern": "c (h p) (w q) -> (h w) (p q c)", "to": "tokens", "axes": {"p": 2, "q": 2}}, Image(3, 4, 6)),
        ({"pattern": "n c -> (n c)", "to": "vector"}, Tokens(5, 4)),
    ]

    pattern: Annotated[str, Field(max_length=200)]
    to: Literal["image", "tokens", "vector"]
    axes: dict[str, Size] = {}

    def label(self) -> str:
        return self.pattern.replace("->", "→")

    def infer(self, x: Image | Tokens | Vector) -> Image | Tokens | Vector:
        return typed(self.to, einops_axes(self.pattern, x, self.axes, reduces=False))

    def cost(self, x: Image | Tokens | Vector) -> Cost:
        return Cost()

    def build(self, x: Image | Tokens | Vector) -> "nn.Module":
        from archspec.ops.layers.layout import Rearrange

        return Rearrange(batched(self.pattern), dict(self.axes))


class Reduce(Op):
    """An einops reduction of one sample's axes, such as `c h w -> c` by mean."""

    role: ClassVar[str] = "pool"
    examples: ClassVar = [
        ({"pattern": "c h w -> c", "by": "mean", "to": "vector"}, Image(3, 4, 6)),
        ({"pattern": "(n two) c -> n c", "by": "max", "to": "tokens", "axes": {"two": 2}}, Tokens(6, 4)),
    ]

    pattern: Annotated[str, Field(max_length=200)]
    by: Literal["mean", "max", "min", "sum"]
    to: Literal["image", "tokens", "vector"]
    axes: dict[str, Size] = {}

    def label(self) -> str:
        return f"{self.by}: {self.pattern.replace('->', '→')}"

    def infer(self, x: Image | Tokens | Vector) -> Image | Tokens | Vector:
        return typed(self.to, einops_axes(self.pattern, x, self.axes, reduces=True))

    def cost(self, x: Image | Tokens | Vector) -> Cost:
        return Cost()

    def build(self, x: Image | Tokens | Vector) -> "nn.Module":
        from archspec.ops.layers.layout import Reduce

        return Reduce(batched(self.pattern), self.by, dict(self.axes))


def sides(pattern: str) -> tuple[str, str]:
    """Left and right of the arrow."""
    left, arrow, right = pattern.partition("->")
    if not arrow or "->" in right:
        raise RuleError(f"a pattern has two sides, 'c h w -> (h w) c'; this one is {pattern!r}", field="pattern")
    return left.strip(), right.strip()


def batched(pattern: str) -> str:
    """The pattern with the batch in front on both sides."""
    left, right = sides(pattern)
    return f"samples {left} -> samples {right}"


def einops_axes(pattern: str, x: Shape, axes: dict[str, int], *, reduces: bool) -> tuple[tuple[int, ...], ...]:
    """The axes that einops will give for one sample, each as the sizes that it is made of; einops reads the pattern."""
    from einops import EinopsError
    from einops.parsing import ParsedExpression

    def refuse(message: str) -> RuleError:
        return RuleError(f"the pattern {pattern!r} on {x}: {message}", code="einops", field="pattern")

    try:
        left, right = (ParsedExpression(side) for side in sides(pattern))
    except EinopsError as error:
        raise refuse(str(error)[:1].lower() + str(error)[1:]) from None
    if left.has_ellipsis or right.has_ellipsis or left.has_non_unitary_anonymous_axes:
        raise refuse("name every axis; … and bare numbers have no place here")
    extra = right.identifiers - left.identifiers
    gone = left.identifiers - right.identifiers
    if extra or (gone and not reduces):
        raise refuse(f"{', '.join(map(str, sorted(extra or gone)))} stands on one side only")
    unknown = set(axes) - left.identifiers
    if unknown:
        raise refuse(f"axes names {', '.join(sorted(unknown))}, which the pattern does not")
    if len(left.composition) != len(x.sizes):
        raise refuse(f"it has {len(left.composition)} axes, the value {len(x.sizes)} ({x.axes})")
    known = dict(axes)
    for group, size in zip(left.composition, x.sizes, strict=True):
        open_axes = [name for name in group if name not in known]
        part = math.prod(known[name] for name in group if name in known)
        if len(open_axes) > 1:
            raise refuse(f"give {' or '.join(open_axes)} a size under axes")
        if size % part or (not open_axes and size != part):
            raise refuse(f"({' '.join(group)}) does not come out at {size} with {known}")
        known |= dict.fromkeys(open_axes, size // part)
    return tuple(tuple(known[name] for name in group) for group in right.composition)


def typed(kind: str, axes: tuple[tuple[int, ...], ...]) -> Any:
    """Axes as the shape that the author says they are; tokens along an axis of two, such as (h w), lie on that grid."""
    sizes = tuple(map(math.prod, axes))
    wanted = {"image": (Image, 3), "tokens": (Tokens, 2), "vector": (Vector, 1)}
    shape, rank = wanted[kind]
    if len(sizes) != rank:
        raise RuleError(
            f"the pattern leaves {len(sizes)} axes ({'x'.join(map(str, sizes))}); {kind} has {rank}", field="to"
        )
    result = shape(*sizes)
    on_grid = isinstance(result, Tokens) and len(axes[0]) == 2
    return replace(result, grid=Grid(*axes[0])) if on_grid else result
