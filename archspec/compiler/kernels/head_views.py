"""Each head's part of q, k and v where it lies, for attention that takes the heads apart again."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from archspec.compiler.kernels.kernel import Kernel
from archspec.graph import Shape


class HeadViews(Kernel):
    """What `split_heads` gathers, as views (b, n, heads, part)."""

    role: ClassVar[str] = "layout"

    heads: int
    parts: tuple[int, ...]

    def label(self) -> str:
        return " | ".join(self.output_names())

    def output_names(self) -> tuple[str, ...]:
        return ("q", "k", "v")[-len(self.parts) :]

    def build(self, x: Shape) -> nn.Module:
        return ViewHeads(self.heads, self.parts)


class ViewHeads(nn.Module):
    """(b, n, heads · parts) → (b, n, heads, part) for each part."""

    def __init__(self, heads: int, parts: tuple[int, ...]) -> None:
        super().__init__()
        self.heads, self.parts = heads, list(parts)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        b, n, c = x.shape
        return torch.split(x.view(b, n, self.heads, c // self.heads), self.parts, -1)
