"""Attention whose maps are mixed over the heads: talking heads (CaiT), re-attention (DeepViT)."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from archspec.compiler.kernels.kernel import Kernel
from archspec.compiler.kernels.mixing import mixed, weights_of
from archspec.compiler.kernels.touch import touched
from archspec.graph import Shape

Norm = Literal["none", "layer", "batch"]


class MixedAttention(Kernel):
    """gain · norm(mix(softmax([mix] s · QKᵀ))) V: both mixes as products of an h × h matrix, constants behind the last.

    What is added to a row before the softmax changes nothing; what is added to all entries of a head's map after it
    adds so many times the sum of the values; so does what a norm multiplies or adds at the end.
    """

    role: ClassVar[str] = "attention"

    heads: int
    scale: float
    first: bool
    """Whether the heads are mixed before the softmax too."""
    norm: Norm = "none"
    """What follows the second mix: over the heads of each entry, or by each head's statistics."""
    gain: float = 1.0

    def label(self) -> str:
        return f"mixed attention, {self.heads} heads"

    def build(self, q: Shape, k: Shape, v: Shape) -> nn.Module:
        return MixedHeads(self.heads, self.scale, first=self.first, norm=self.norm, gain=self.gain)


class MixedHeads(nn.Module):
    """(b, n, h·d), (b, m, h·d), (b, m, h·e) → (b, n, h·e), and the modules that mix and normalise."""

    def __init__(self, heads: int, scale: float, *, first: bool, norm: Norm, gain: float) -> None:
        super().__init__()
        self.heads, self.scale, self.first, self.norm, self.gain = heads, scale, first, norm, gain

    def forward(self, q: Tensor, k: Tensor, v: Tensor, *modules: Any) -> Tensor:
        q, k, v = (x.unflatten(2, (self.heads, -1)).transpose(1, 2) for x in (q, k, v))
        first = None
        if self.first:
            bias = modules[0].bias
            first = modules[0].weight * self.scale if bias is None else touched(modules[0].weight * self.scale, bias)
        else:
            q = q * self.scale
        second, *norms = modules[self.first :]
        if self.norm == "batch" and norms[0].training:
            y = self._by_batch(q, k, v, first, second, norms[0])
        else:
            weight, bias, gain, shift, eps = self._constants(second, *norms)
            y = mixed(q, k, v, first, weight, bias, eps)
            y = y if gain is None else y * gain[:, None, None]
            y = y if shift is None else y + shift[:, None, None] * v.sum(2, keepdim=True)
        return y.transpose(1, 2).flatten(2)

    def _by_batch(
        self, q: Tensor, k: Tensor, v: Tensor, first: Tensor | None, second: nn.Module, norm: nn.Module
    ) -> Tensor:
        """As it is written: the norm takes its statistics from the maps of the whole batch."""
        normed: Tensor = norm(second(weights_of(q, k, first)))
        return (normed if self.gain == 1 else normed * self.gain) @ v

    def _constants(
        self, second: Any, norm: Any = None
    ) -> tuple[Tensor, Tensor | None, Tensor | None, Tensor | None, float]:
        """The second mix, what is added to its maps; then what multiplies and is added; a layer norm's eps, or 0."""
        weight, bias = second.weight, second.bias
        if self.norm == "layer":  # it takes the heads' mean off: so does the mix
            weight, bias = weight - weight.mean(0), None if bias is None else bias - bias.mean()
            return weight, bias, norm.weight * self.gain, norm.bias * self.gain, norm.eps
        if self.norm == "batch":
            scale = norm.weight * torch.rsqrt(norm.running_var + norm.eps)
            bias = norm.bias + scale * ((0 if bias is None else bias) - norm.running_mean)
            weight = weight * scale[:, None]
        return weight * self.gain, None, None, None if bias is None else bias * self.gain, 0.0
