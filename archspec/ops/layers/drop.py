"""Randomness in training; nothing in evaluation."""

from __future__ import annotations

from torch import Tensor, nn


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
