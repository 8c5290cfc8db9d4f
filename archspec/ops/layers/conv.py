"""Convolution and unfolding."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from archspec.errors import RuleError
from archspec.ops.layers.fill import fill


class Conv2d(nn.Conv2d):
    """torch's convolution with a choice of initialisation."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: tuple[int, int],
        stride: tuple[int, int],
        padding: tuple[int, int],
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

    def resample(self, _name: str, kernel: Tensor, *, antialias: bool) -> tuple[Tensor, str]:
        """A kernel (o, 3, h, w) for colour images, for other channels: each colour in turn, as strong in all."""
        outputs, channels, *window = kernel.shape
        if channels != 3 or self.groups != 1 or [outputs, *window] != [self.out_channels, *self.kernel_size]:
            raise RuleError("only the input channels of a kernel for colour images can be adapted")
        if self.in_channels == 1:
            return kernel.sum(1, keepdim=True), "3 → 1 input channels"
        turns = -(-self.in_channels // 3)
        resized = kernel.repeat(1, turns, 1, 1)[:, : self.in_channels] * (3 / self.in_channels)
        return resized, f"3 → {self.in_channels} input channels"


class Unfold(nn.Module):
    """(b, c, h, w) → (b, windows, c · kernel²)."""

    def __init__(self, kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int]) -> None:
        super().__init__()
        self.kernel, self.stride, self.padding = kernel, stride, padding

    def forward(self, x: Tensor) -> Tensor:
        return F.unfold(x, self.kernel, padding=self.padding, stride=self.stride).transpose(1, 2)
