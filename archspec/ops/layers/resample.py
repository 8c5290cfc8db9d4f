"""Tables of positions of one grid, at another."""

from __future__ import annotations

import math

from einops import rearrange
from torch import Tensor
from torch.nn import functional as F

from archspec.errors import RuleError


def resize(cells: Tensor, grid: tuple[int, int]) -> tuple[Tensor, str]:
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
