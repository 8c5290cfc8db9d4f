"""Stochastic regularisation: active in training, the identity in evaluation."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class DropPath(nn.Module):
    """Zeroes the branch of a sample with probability `rate`, and scales it by 1 / (1 − rate) otherwise."""

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


class DrawLayers(nn.Module):
    """Which of `count` layers run, for a whole batch: each with probability 1 − `rate`, and one if none is drawn."""

    def __init__(self, count: int, rate: float) -> None:
        super().__init__()
        self.count, self.rate = count, rate

    def forward(self, like: Tensor) -> Tensor:
        draws = torch.rand(self.count, device=like.device)
        return draws >= draws.max().clamp(max=self.rate)

    def extra_repr(self) -> str:
        return f"count={self.count}, rate={self.rate:.3g}"


class KeepLayer(nn.Module):
    """What the layer at `place` gave where the draw keeps it, and in evaluation; otherwise what it was given."""

    def forward(self, drawn: Tensor, place: int, after: Tensor, before: Tensor) -> Tensor:
        return torch.where(drawn[place], after, before) if self.training else after
