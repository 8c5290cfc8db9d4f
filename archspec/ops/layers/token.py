"""Learned tokens, token selection, pooling and position embeddings."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from archspec.errors import RuleError
from archspec.ops.layers.fill import fill
from archspec.ops.layers.resample import resize, resize_image


class Token(nn.Module):
    """`n` learned tokens, expanded over the batch of a reference value: (b, …) → (b, n, c)."""

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


class AppendTokens(Token):
    """(b, m, c) → (b, m + n, c) with the learned tokens behind."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((x, super().forward(x)), 1)


class SplitPrefix(nn.Module):
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
    """The mean over `axes` of those tokens, or channels, that `counted` picks."""

    def __init__(self, counted: slice, axes: tuple[int, ...]) -> None:
        super().__init__()
        self.counted, self.axes = counted, axes

    def forward(self, x: Tensor) -> Tensor:
        return (x if self.counted == slice(None) else x[:, self.counted]).mean(self.axes)


class PositionEmbedding(nn.Module):
    """(b, n, c) → the same, plus a learned (1, n, c); `grid` are rows and columns of the tokens behind the prefix."""

    def __init__(self, n: int, c: int, grid: tuple[int, int] | None, init: str) -> None:
        super().__init__()
        self.grid, self.init = grid, init
        self.position = nn.Parameter(torch.empty(1, n, c))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        fill(self.position, self.init)

    def resample(self, _name: str, table: Tensor, *, antialias: bool) -> tuple[Tensor, str]:
        """A table (1, m, c) for another grid, at this one; the prefix is kept as it is."""
        if self.grid is None or table.ndim != 3 or table.shape[2] != self.position.shape[2]:
            raise RuleError("only tables of the same width, of tokens with a grid, can be resampled")
        prefix = self.position.shape[1] - self.grid[0] * self.grid[1]
        body, note = resize(table[:, prefix:], self.grid, antialias=antialias)
        return torch.cat((table[:, :prefix], body), 1), note

    def forward(self, x: Tensor) -> Tensor:
        return x + self.position


class ImagePosition(nn.Module):
    """(b, c, h, w) → the same, plus a learned (1, c, h, w)."""

    def __init__(self, c: int, grid: tuple[int, int], init: str) -> None:
        super().__init__()
        self.init = init
        self.position = nn.Parameter(torch.empty(1, c, *grid))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        fill(self.position, self.init)

    def resample(self, _name: str, table: Tensor, *, antialias: bool) -> tuple[Tensor, str]:
        """A map (1, c, h, w) of another size, at this one."""
        if table.ndim != 4 or table.shape[1] != self.position.shape[1]:
            raise RuleError("only maps of the same width can be resampled")
        h, w = self.position.shape[2:]
        return resize_image(table, (h, w), antialias=antialias)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.position


class SinusoidPosition(PositionEmbedding):
    """(b, n, c) → the same, plus a fixed (1, n, c): sin(p / 10000^(j/c)) for even j, and its cosine beside it."""

    def __init__(self, n: int, c: int, grid: tuple[int, int] | None, *, recompute: bool) -> None:
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

    def resample(self, name: str, table: Tensor, *, antialias: bool) -> tuple[Tensor, str]:
        """Theirs at another grid; or our own, where it is to be computed anew."""
        if self.recompute:
            return self.position.detach(), "computed anew"
        return super().resample(name, table, antialias=antialias)
