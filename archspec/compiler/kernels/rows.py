"""Some of the tokens, or some of the rows of a map."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn

from archspec.compiler.kernels.kernel import Kernel
from archspec.graph import Shape


class Rows(Kernel):
    """The rows from `start` to the one before `stop`."""

    role: ClassVar[str] = "layout"

    start: int
    stop: int

    def label(self) -> str:
        return f"rows {self.start} … {self.stop - 1}" if self.stop - self.start > 1 else f"row {self.start}"

    def build(self, x: Shape) -> nn.Module:
        return CutRows(self.start, self.stop)


class CutRows(nn.Module):
    """(b, …, n, c) → (b, …, stop − start, c)."""

    def __init__(self, start: int, stop: int) -> None:
        super().__init__()
        self.start, self.stop = start, stop

    def forward(self, x: Tensor) -> Tensor:
        return x[..., self.start : self.stop, :]
