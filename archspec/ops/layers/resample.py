"""Tables of positions of one grid, at another."""

from __future__ import annotations

import math

from einops import rearrange
from torch import Tensor
from torch.nn import functional as F

from archspec.errors import RuleError


def resize(cells: Tensor, grid: tuple[int, int], *, antialias: bool) -> tuple[Tensor, str]:
    """Cells (b, m, c) of a square – or of a grid shaped like `grid` – resampled to `grid`, and what was done."""
    m, (h, w) = cells.shape[1], grid
    shapes = [(side, m // side) for side in (math.isqrt(m), math.isqrt(m * h // w)) if side and m % side == 0]
    old = next(((rows, columns) for rows, columns in shapes if rows == columns or rows * w == columns * h), None)
    if old is None:
        raise RuleError(f"{m} positions are neither a square nor a grid shaped like {h}×{w}")
    resized, note = resize_image(rearrange(cells, "b (h w) c -> b c h w", h=old[0]), grid, antialias=antialias)
    return rearrange(resized, "b c h w -> b (h w) c"), note


def resize_image(image: Tensor, grid: tuple[int, int], *, antialias: bool) -> tuple[Tensor, str]:
    """A map (b, c, h, w) resampled to `grid`, and what was done.

    Bicubic, corners not aligned: as DeiT's code does, or with timm's filter where the grid shrinks.
    """
    h, w = image.shape[2:]
    resized = F.interpolate(image.float(), size=grid, mode="bicubic", align_corners=False, antialias=antialias)
    return resized.to(image.dtype), f"{h}×{w} → {grid[0]}×{grid[1]}, bicubic" + ", antialiased" * antialias
