"""Layout modules: all but `Resize` and `Reduce` rearrange values without changing them."""

from __future__ import annotations

import torch
from einops import rearrange, reduce
from torch import Tensor, nn
from torch.nn import functional as F


class Split(nn.Module):
    """(b, n, parts · c) → one (b, n, c) for each of `places`, in that order."""

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
        return x.transpose(1, 2).unflatten(2, (self.h, self.w))


class SplitHeads(nn.Module):
    """(b, n, heads · parts) → (b, n, heads · part) for each part."""

    def __init__(self, heads: int, parts: tuple[int, ...]) -> None:
        super().__init__()
        self.heads, self.parts = heads, parts

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        parts = torch.split(x.unflatten(2, (self.heads, -1)), list(self.parts), -1)
        return tuple([part.flatten(2) for part in parts])


class SubsampleImage(nn.Module):
    """(b, c, h, w) → every `stride`-th row and column."""

    def __init__(self, stride: tuple[int, int]) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, :: self.stride[0], :: self.stride[1]]


class SubsampleTokens(nn.Module):
    """(b, front + h·w, c) → every `stride`-th row and column of the grid; the first `front` tokens are kept."""

    def __init__(self, grid: tuple[int, int], stride: tuple[int, int], *, front: int) -> None:
        super().__init__()
        self.grid, self.stride, self.front = grid, stride, front

    def forward(self, x: Tensor) -> Tensor:
        cells = x[:, self.front :].unflatten(1, self.grid)
        cells = cells[:, :: self.stride[0], :: self.stride[1]].flatten(1, 2)
        return torch.cat((x[:, : self.front], cells), 1) if self.front else cells


class Resize(nn.Module):
    """(b, c, h, w) → (b, c, *size)."""

    def __init__(self, size: tuple[int, int], mode: str) -> None:
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
