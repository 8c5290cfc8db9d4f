"""Weights that change no output keep a gradient of zeros, as they have in the graph that was written."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from archspec.compiler.kernels.kernel import Kernel
from archspec.graph import Shape


class Touch(Kernel):
    """Its value, unchanged; backward gives zeros to all weights of the modules."""

    role: ClassVar[str] = "other"

    def label(self) -> str:
        return "zero gradients"

    def build(self, x: Shape) -> nn.Module:
        return ZeroGradients()


class ZeroGradients(nn.Module):
    """x → x. An optimiser skips a gradient of None, and DDP waits for it; neither does so with zeros."""

    def forward(self, x: Tensor, *modules: nn.Module) -> Tensor:
        return touched(x, *(weight for module in modules for weight in module.parameters()))


def touched(x: Tensor, *weights: Tensor) -> Tensor:
    """x, plus the sum of no entry of each weight: 0, whose gradient is zeros."""
    if not torch.is_grad_enabled():
        return x
    for weight in weights:
        if weight.requires_grad:
            x = x + weight.flatten()[:0].sum().to(x.dtype)
    return x
