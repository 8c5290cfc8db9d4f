"""Some features of a linear map: q alone out of a map to q, k and v."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from archspec.compiler.kernels.kernel import Kernel
from archspec.graph import Shape


class PartLinear(Kernel):
    """The features from `start` to the one before `stop` of the linear map that is held."""

    role: ClassVar[str] = "linear"

    start: int
    stop: int

    def label(self) -> str:
        return f"linear {self.stop - self.start}"

    def build(self, x: Shape) -> nn.Module:
        return SomeFeatures(self.start, self.stop)


class SomeFeatures(nn.Module):
    """(b, n, c) → (b, n, stop − start)."""

    def __init__(self, start: int, stop: int) -> None:
        super().__init__()
        self.part = slice(start, stop)

    def forward(self, x: Tensor, linear: nn.Linear) -> Tensor:
        return F.linear(x, linear.weight[self.part], None if linear.bias is None else linear.bias[self.part])
