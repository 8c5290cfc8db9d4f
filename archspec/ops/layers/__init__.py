"""The `nn.Module`s that torch lacks, or whose initialisation differs. Shapes have the batch in front.

Each module fills its parameters in `reset_parameters`, and nowhere else: `compile` builds on the meta device and calls
it once, on the target device.
"""

from __future__ import annotations

import math
from collections import namedtuple
from functools import cache
from typing import Any

import torch
from einops import rearrange, reduce
from torch import Tensor, nn
from torch.nn import functional as F

from archspec.errors import RuleError

Sizes = tuple[int, int]


def fill(weight: Tensor, init: str) -> None:
    """Fill in place by a rule of `archspec.ops.init`; timm's trunc_normal cuts at ±2 itself, not at ±2σ."""
    if weight.is_meta:  # nothing to fill, and timm's construction on meta is slow for filling it all the same
        return
    if init == "trunc_normal":
        nn.init.normal_(weight, std=0.02)  # the cut at ±2 lies at 100 σ: drawing again beyond it would only cost time
    elif init == "normal":
        nn.init.normal_(weight)
    else:
        nn.init.zeros_(weight)


def resize(cells: Tensor, grid: Sizes) -> tuple[Tensor, str]:
    """Cells (b, m, c) of a square – or of a grid shaped like `grid` – resampled to `grid`, and what was done.

    Bicubic as in DeiT's code, which neither aligns corners nor filters.
    """
    m, (h, w) = cells.shape[1], grid
    shapes = [(side, m // side) for side in (math.isqrt(m), math.isqrt(m * h // w)) if side and m % side == 0]
    old = next(((rows, columns) for rows, columns in shapes if rows == columns or rows * w == columns * h), None)
    if old is None:
        raise RuleError(f"{m} positions are neither a square nor a grid shaped like {h}×{w}")
    image = rearrange(cells.float(), "b (h w) c -> b c h w", h=old[0])
    resized = F.interpolate(image, size=grid, mode="bicubic", align_corners=False)
    return rearrange(resized, "b c h w -> b (h w) c").to(cells.dtype), f"{old[0]}×{old[1]} → {h}×{w}"


@cache
def output_type(names: tuple[str, ...]) -> type[tuple[Any, ...]]:
    """The NamedTuple that a model with several outputs returns, in the order in which the spec declares them."""
    made = namedtuple("Outputs", names)  # type: ignore[misc]

    def reduce(self: Any) -> tuple[Any, ...]:
        return _remake_output, (names, tuple(self))

    made.__reduce__ = reduce  # type: ignore[method-assign]
    return made


def _remake_output(names: tuple[str, ...], values: tuple[Any, ...]) -> tuple[Any, ...]:
    return output_type(names)(*values)


class Outputs(nn.Module):
    """Picks what the model returns in training and in evaluation: one tensor, or a NamedTuple of several."""

    def __init__(self, train: dict[str, int], evaluation: dict[str, int]) -> None:
        super().__init__()
        self.places = {True: train, False: evaluation}
        self.kinds = {mode: output_type(tuple(places)) for mode, places in self.places.items()}

    def forward(self, *values: Tensor) -> Tensor | tuple[Any, ...]:
        found = [values[place] for place in self.places[self.training].values()]
        return found[0] if len(found) == 1 else self.kinds[self.training](*found)

    def __getstate__(self) -> dict[str, Any]:
        # The types of the outputs are made at run time: no pickle knows them.
        return {key: value for key, value in self.__dict__.items() if key != "kinds"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self.kinds = {mode: output_type(tuple(places)) for mode, places in self.places.items()}


class Linear(nn.Linear):
    """torch's linear map with a choice of initialisation."""

    def __init__(self, inputs: int, outputs: int, *, bias: bool, init: str) -> None:
        self.init = init
        super().__init__(inputs, outputs, bias=bias)

    def reset_parameters(self) -> None:
        if self.weight.is_meta:
            return
        if self.init == "torch":
            super().reset_parameters()
            return
        fill(self.weight, self.init)
        if self.bias is not None:
            nn.init.zeros_(self.bias)


class Conv2d(nn.Conv2d):
    """torch's convolution with a choice of initialisation."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: Sizes,
        stride: Sizes,
        padding: Sizes,
        *,
        groups: int,
        bias: bool,
        init: str,
    ) -> None:
        self.init = init
        super().__init__(inputs, outputs, kernel, stride, padding, groups=groups, bias=bias)

    def reset_parameters(self) -> None:
        if self.weight.is_meta:
            return
        if self.init == "torch":
            super().reset_parameters()
            return
        fill(self.weight, self.init)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    def resample(self, _name: str, kernel: Tensor) -> tuple[Tensor, str]:
        """A kernel (o, 3, h, w) for colour images, for other channels: each colour in turn, as strong in all."""
        outputs, channels, *window = kernel.shape
        if channels != 3 or self.groups != 1 or [outputs, *window] != [self.out_channels, *self.kernel_size]:
            raise RuleError("only the input channels of a kernel for colour images can be adapted")
        if self.in_channels == 1:
            return kernel.sum(1, keepdim=True), "3 → 1 input channels"
        turns = -(-self.in_channels // 3)
        made = kernel.repeat(1, turns, 1, 1)[:, : self.in_channels] * (3 / self.in_channels)
        return made, f"3 → {self.in_channels} input channels"


class ImageNorm(nn.LayerNorm):
    """Layer normalisation over the channels of each cell: (b, c, h, w) → the same."""

    def __init__(self, channels: int, eps: float) -> None:
        super().__init__(channels, eps)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class GammaBatchNorm(nn.modules.batchnorm._BatchNorm):
    """torch's batch norm whose scale starts from `gamma`."""

    def __init__(self, channels: int, eps: float, *, gamma: float) -> None:
        self.gamma = gamma
        super().__init__(channels, eps)

    def reset_parameters(self) -> None:
        super().reset_parameters()
        nn.init.constant_(self.weight, self.gamma)


class BatchNorm2d(GammaBatchNorm, nn.BatchNorm2d):
    """Batch norm of images (b, c, h, w)."""


class VectorBatchNorm(GammaBatchNorm, nn.BatchNorm1d):
    """Batch norm of vectors (b, c)."""


class TokenBatchNorm(VectorBatchNorm):
    """Batch norm of tokens (b, n, c): every token of every sample is one observation."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flatten(0, 1)).view_as(x)


class QuickGELU(nn.Module):
    """x · σ(1.702 x), OpenAI's approximation of GELU."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.sigmoid(1.702 * x)


class DotAttention(nn.Module):
    """softmax(s · QKᵀ) V: (b, n, h·d), (b, m, h·d), (b, m, h·e) → (b, n, h·e)."""

    def __init__(self, heads: int, scale: float, dropout: float) -> None:
        super().__init__()
        self.heads, self.scale, self.dropout = heads, scale, dropout

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        q, k, v = (x.view(*x.shape[:2], self.heads, -1).transpose(1, 2) for x in (q, k, v))
        dropout = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, scale=self.scale)
        return y.transpose(1, 2).flatten(2)

    def extra_repr(self) -> str:
        return f"heads={self.heads}, scale={self.scale:.4g}"


class AttentionScores(nn.Module):
    """s · QKᵀ: (b, n, h·d), (b, m, h·d) → (b, h, n, m)."""

    def __init__(self, heads: int, scale: float) -> None:
        super().__init__()
        self.heads, self.scale = heads, scale

    def forward(self, q: Tensor, k: Tensor) -> Tensor:
        q, k = (x.view(*x.shape[:2], self.heads, -1).transpose(1, 2) for x in (q * self.scale, k))
        return q @ k.transpose(2, 3)

    def extra_repr(self) -> str:
        return f"heads={self.heads}, scale={self.scale:.4g}"


class MixHeads(Linear):
    """(b, h, n, m) → the same: a linear map over the heads, as one (h × h) product with (h × n·m) for each sample."""

    def __init__(self, heads: int, *, bias: bool, init: str) -> None:
        super().__init__(heads, heads, bias=bias, init=init)

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight.expand(x.shape[0], -1, -1)
        if self.bias is None:
            return torch.bmm(weight, x.flatten(2)).view_as(x)
        return torch.baddbmm(self.bias[:, None], weight, x.flatten(2)).view_as(x)


class WeightedValues(nn.Module):
    """AV: (b, h, n, m), (b, m, h·e) → (b, n, h·e)."""

    def forward(self, weights: Tensor, v: Tensor) -> Tensor:
        v = v.view(*v.shape[:2], weights.shape[1], -1).transpose(1, 2)
        return (weights @ v).transpose(1, 2).flatten(2)


class PerformerAttention(nn.Module):
    """(b, n, d), (b, m, d), (b, m, e) → (b, n, e) through random features; `w`, (features, d), is frozen."""

    def __init__(self, features: int, channels: int, eps: float) -> None:
        super().__init__()
        self.features, self.eps = features, eps
        self.w = nn.Parameter(torch.empty(features, channels), requires_grad=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Orthogonal rows of length √features."""
        if self.w.is_meta:
            return
        w = nn.init.orthogonal_(torch.empty_like(self.w, dtype=torch.float32))
        with torch.no_grad():
            self.w.copy_(w * math.sqrt(self.features))

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        dtype, wide = v.dtype, torch.promote_types(v.dtype, torch.float32)
        q, k, v = self._features(q.to(wide)), self._features(k.to(wide)), v.to(wide)
        total = q @ k.sum(1)[..., None]
        y = q @ (k.transpose(1, 2) @ v) / (total + self.eps)
        return y.to(dtype)

    def _features(self, x: Tensor) -> Tensor:
        """φ, in no less than float32: it is an exponential."""
        return torch.exp(x @ self.w.to(x.dtype).t() - x.square().sum(-1, keepdim=True) / 2) / math.sqrt(self.features)


class BiasedAttention(nn.Module):
    """softmax(s · QKᵀ + factor · B) V: (b, n, h·d), (b, m, h·d), (b, m, h·e) → (b, n, h·e).

    `bias` is (h, rows · columns), a number for each head and distance; `distance`, (n, m), says which applies where.
    """

    distance: Tensor

    def __init__(
        self,
        heads: int,
        scale: float,
        factor: float,
        grid: Sizes,
        stride: Sizes,
        *,
        front: Sizes,
        init: str,
        dropout: float,
    ) -> None:
        super().__init__()
        self.heads, self.scale, self.factor, self.grid, self.stride = heads, scale, factor, grid, stride
        self.front, self.init, self.dropout = front, init, dropout
        self.bias = nn.Parameter(torch.empty(heads, grid[0] * grid[1]))
        queries = -(-grid[0] // stride[0]) * -(-grid[1] // stride[1])
        self.register_buffer("distance", torch.empty(queries, grid[0] * grid[1], dtype=torch.int64), persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        if self.bias.is_meta:
            return
        fill(self.bias, self.init)
        (h, w), (down, across) = self.grid, self.stride
        rows, columns = torch.arange(h, device="cpu"), torch.arange(w, device="cpu")
        down_by = (rows[::down, None] - rows).abs()
        across_by = (columns[::across, None] - columns).abs()
        self.distance.copy_(rearrange(down_by[:, None, :, None] * w + across_by[:, None], "i j k l -> (i j) (k l)"))

    def resample(self, _name: str, table: Tensor) -> tuple[Tensor, str]:
        """A table (h, m) of another grid's distances, stretched to this one."""
        if table.ndim != 2 or table.shape[0] != self.heads:
            raise RuleError("only tables of as many heads can be resampled")
        made, note = resize(table.t()[None], self.grid)
        return made[0].t(), note

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        q, k, v = (x.view(*x.shape[:2], self.heads, -1).transpose(1, 2) for x in (q, k, v))
        bias = self.bias.index_select(1, self.distance.flatten()).view(-1, *self.distance.shape)
        bias = bias if self.factor == 1 else bias * self.factor
        bias = F.pad(bias, (self.front[1], 0, self.front[0], 0)) if any(self.front) else bias
        dropout = self.dropout if self.training else 0.0
        if q.is_cuda:
            y = F.scaled_dot_product_attention(q, k, v, bias[None], dropout_p=dropout, scale=self.scale)
        else:
            # Elsewhere no kernel takes a bias that learns and values wider than keys.
            scores = (q * self.scale @ k.transpose(2, 3)).add_(bias)
            y = F.dropout(scores.softmax(-1), dropout) @ v
        return y.transpose(1, 2).flatten(2)

    def extra_repr(self) -> str:
        return f"heads={self.heads}, scale={self.scale:.4g}"


class Chunk(nn.Module):
    """(b, n, parts · c) → as many times (b, n, c), in the order that `places` says."""

    def __init__(self, places: tuple[int, ...]) -> None:
        super().__init__()
        self.places = places

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        parts = x.chunk(len(self.places), -1)
        return tuple([parts[place] for place in self.places])


class ToTokens(nn.Module):
    """(b, c, h, w) → (b, h·w, c)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).transpose(1, 2)


class ToImage(nn.Module):
    """(b, h·w, c) → (b, c, h, w)."""

    def __init__(self, h: int, w: int) -> None:
        super().__init__()
        self.h, self.w = h, w

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2).reshape(x.shape[0], -1, self.h, self.w)


class Unfold(nn.Module):
    """(b, c, h, w) → (b, windows, c · kernel²)."""

    def __init__(self, kernel: Sizes, stride: Sizes, padding: Sizes) -> None:
        super().__init__()
        self.kernel, self.stride, self.padding = kernel, stride, padding

    def forward(self, x: Tensor) -> Tensor:
        return F.unfold(x, self.kernel, padding=self.padding, stride=self.stride).transpose(1, 2)


class SplitHeads(nn.Module):
    """(b, n, heads · parts) → (b, n, heads · part) for each part."""

    def __init__(self, heads: int, parts: tuple[int, ...]) -> None:
        super().__init__()
        self.heads, self.parts = heads, parts

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        parts = torch.split(x.view(*x.shape[:2], self.heads, -1), list(self.parts), -1)
        return tuple([part.flatten(2) for part in parts])


class SubsampleImage(nn.Module):
    """(b, c, h, w) → every so many rows and columns of it."""

    def __init__(self, stride: Sizes) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, :: self.stride[0], :: self.stride[1]]


class SubsampleTokens(nn.Module):
    """(b, front + h·w, c) → every so many rows and columns of the grid; the `front` tokens stay."""

    def __init__(self, grid: Sizes, stride: Sizes, *, front: int) -> None:
        super().__init__()
        self.grid, self.stride, self.front = grid, stride, front

    def forward(self, x: Tensor) -> Tensor:
        cells = x[:, self.front :].reshape(x.shape[0], *self.grid, -1)
        cells = cells[:, :: self.stride[0], :: self.stride[1]].flatten(1, 2)
        return torch.cat((x[:, : self.front], cells), 1) if self.front else cells


class Resize(nn.Module):
    """(b, c, h, w) → (b, c, *size)."""

    def __init__(self, size: Sizes, mode: str) -> None:
        super().__init__()
        self.size, self.mode = size, mode

    def forward(self, x: Tensor) -> Tensor:
        return F.interpolate(x, self.size, mode=self.mode)


class Rearrange(nn.Module):
    """einops.rearrange with a fixed pattern."""

    def __init__(self, pattern: str, axes: dict[str, int]) -> None:
        super().__init__()
        self.pattern, self.axes = pattern, axes

    def forward(self, x: Tensor) -> Tensor:
        return rearrange(x, self.pattern, **self.axes)


class Reduce(nn.Module):
    """einops.reduce with a fixed pattern."""

    def __init__(self, pattern: str, by: str, axes: dict[str, int]) -> None:
        super().__init__()
        self.pattern, self.by, self.axes = pattern, by, axes

    def forward(self, x: Tensor) -> Tensor:
        return reduce(x, self.pattern, self.by, **self.axes)


class Add(nn.Module):
    """The sum of its inputs."""

    def forward(self, x: Tensor, *others: Tensor) -> Tensor:
        for other in others:
            x = x + other
        return x


class Mean(nn.Module):
    """The mean of its inputs."""

    def forward(self, *xs: Tensor) -> Tensor:
        return torch.stack(xs).mean(0)


class Concat(nn.Module):
    """Its inputs joined along one axis."""

    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, *xs: Tensor) -> Tensor:
        return torch.cat(xs, self.axis)


class Scale(nn.Module):
    """Times a constant."""

    def __init__(self, by: float) -> None:
        super().__init__()
        self.by = by

    def forward(self, x: Tensor) -> Tensor:
        return x * self.by


class Gate(nn.Module):
    """x times a vector (b, c), which is spread over the axes of x at `places`."""

    def __init__(self, places: tuple[int, ...]) -> None:
        super().__init__()
        self.places = places

    def forward(self, x: Tensor, gate: Tensor) -> Tensor:
        for place in self.places:
            gate = gate.unsqueeze(place)
        return x * gate


class LayerScale(nn.Module):
    """Times a learned number for each channel."""

    def __init__(self, channels: int, init: float | str) -> None:
        super().__init__()
        self.init = init
        self.gamma = nn.Parameter(torch.empty(channels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        if self.init == "uniform":
            nn.init.uniform_(self.gamma, -1, 1)
        else:
            nn.init.constant_(self.gamma, float(self.init))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma


class DropPath(nn.Module):
    """A whole sample's branch becomes 0 with probability `rate`, or grows by 1 / (1 − rate)."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.rate == 0:
            return x
        keep = 1 - self.rate
        return x * x.new_empty((x.shape[0], *[1] * (x.ndim - 1))).bernoulli_(keep).div_(keep)

    def extra_repr(self) -> str:
        return f"rate={self.rate:.3g}"


class Token(nn.Module):
    """`n` learned tokens for every sample: (b, n, c), b from the value that it is shown."""

    def __init__(self, n: int, c: int, init: str) -> None:
        super().__init__()
        self.init = init
        self.token = nn.Parameter(torch.empty(1, n, c))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        fill(self.token, self.init)

    def forward(self, like: Tensor) -> Tensor:
        return self.token.expand(like.shape[0], -1, -1)


class PrependTokens(Token):
    """(b, m, c) → (b, n + m, c) with the learned tokens in front."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((super().forward(x), x), 1)


class SplitTokens(nn.Module):
    """(b, n, c) → the first `count` tokens, and the others."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x[:, : self.count], x[:, self.count :]


class SelectToken(nn.Module):
    """(b, n, c) → (b, c): the token at one place."""

    def __init__(self, place: int) -> None:
        super().__init__()
        self.place = place

    def forward(self, x: Tensor) -> Tensor:
        return x[:, self.place]


class MeanPool(nn.Module):
    """The mean over `axes`, the first `skip` tokens left out."""

    def __init__(self, skip: int, axes: tuple[int, ...]) -> None:
        super().__init__()
        self.skip, self.axes = skip, axes

    def forward(self, x: Tensor) -> Tensor:
        return (x[:, self.skip :] if self.skip else x).mean(self.axes)


class PositionEmbedding(nn.Module):
    """(b, n, c) → the same, plus a learned (1, n, c); `grid` are rows and columns of the tokens behind the prefix."""

    def __init__(self, n: int, c: int, grid: Sizes | None, init: str) -> None:
        super().__init__()
        self.grid, self.init = grid, init
        self.position = nn.Parameter(torch.empty(1, n, c))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        fill(self.position, self.init)

    def resample(self, _name: str, table: Tensor) -> tuple[Tensor, str]:
        """A table (1, m, c) for another grid, at this one; the prefix is kept as it is."""
        if self.grid is None or table.ndim != 3 or table.shape[2] != self.position.shape[2]:
            raise RuleError("only tables of the same width, of tokens with a grid, can be resampled")
        prefix = self.position.shape[1] - self.grid[0] * self.grid[1]
        body, note = resize(table[:, prefix:], self.grid)
        return torch.cat((table[:, :prefix], body), 1), note

    def forward(self, x: Tensor) -> Tensor:
        return x + self.position


class ImagePosition(nn.Module):
    """(b, c, h, w) → the same, plus a learned (1, c, h, w)."""

    def __init__(self, c: int, grid: Sizes, init: str) -> None:
        super().__init__()
        self.init = init
        self.position = nn.Parameter(torch.empty(1, c, *grid))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        fill(self.position, self.init)

    def resample(self, _name: str, table: Tensor) -> tuple[Tensor, str]:
        """A map (1, c, h, w) of another size, at this one."""
        if table.ndim != 4 or table.shape[1] != self.position.shape[1]:
            raise RuleError("only maps of the same width can be resampled")
        (h, w), size = table.shape[2:], self.position.shape[2:]
        made = F.interpolate(table.float(), size=size, mode="bicubic", align_corners=False).to(table.dtype)
        return made, f"{h}×{w} → {size[0]}×{size[1]}"

    def forward(self, x: Tensor) -> Tensor:
        return x + self.position


class SinusoidPosition(PositionEmbedding):
    """(b, n, c) → the same, plus a fixed (1, n, c): sin(p / 10000^(j/c)) for even j, and its cosine beside it."""

    def __init__(self, n: int, c: int, grid: Sizes | None, *, recompute: bool) -> None:
        self.recompute = recompute
        super().__init__(n, c, grid, "zeros")
        self.position.requires_grad_(False)

    def reset_parameters(self) -> None:
        if self.position.is_meta:
            return
        _, n, c = self.position.shape
        channel = torch.arange(c, device="cpu")
        wavelength = 10000 ** (channel.div(2, rounding_mode="floor").double() * 2 / c)
        angle = torch.arange(n, device="cpu").double()[:, None] / wavelength
        with torch.no_grad():
            self.position.copy_(torch.where(channel % 2 == 0, angle.sin(), angle.cos())[None])

    def resample(self, name: str, table: Tensor) -> tuple[Tensor, str]:
        """Theirs at another grid; or our own, where it is to be computed anew."""
        if self.recompute:
            return self.position.detach(), "computed anew"
        return super().resample(name, table)
