"""Weights that change no output keep a gradient of zeros, as they have in the graph that was written."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from archspec.compiler.kernels.kernel import Kernel
from archspec.graph import Shape


class Touch(Kernel):
    """Its value, unchanged; backward gives zeros to all weights of the modules."""

    role: ClassVar[str] = "weights"

    def label(self) -> str:
        return "zero gradients"

    def build(self, x: Shape) -> nn.Module:
        return ZeroGradients()


class ZeroGradients(nn.Module):
    """x → x. An optimiser skips a gradient of None, and DDP waits for it; neither does so with zeros."""

    def forward(self, x: Tensor, *modules: nn.Module) -> Tensor:
        return touched(x, *(weight for module in modules for weight in module.parameters()))


def touched(x: Tensor, *weights: Tensor) -> Tensor:
    """x, on which weights have no influence; they get zeros as gradients nevertheless."""
    weights = tuple([weight for weight in weights if weight.requires_grad])
    if not weights or not torch.is_grad_enabled():
        return x
    y: Tensor = _Untouched.apply(x, *weights)  # type: ignore[no-untyped-call]
    return y


class _Untouched(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, *_weights: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        ctx.save_for_backward(*inputs[1:])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, ...]:
        return gradient, *[torch.zeros_like(weight) for weight in ctx.saved_tensors]

    @staticmethod
    def jvp(ctx: Any, tangent: Tensor, *_tangents: Tensor | None) -> Tensor:
        return tangent.view_as(tangent)
