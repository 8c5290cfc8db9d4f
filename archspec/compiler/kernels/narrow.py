"""Attention with few queries, in another order: the keys and values of all tokens are never made."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from archspec.compiler.kernels.kernel import Kernel
from archspec.graph import Shape, Span


class NarrowScores(Kernel):
    """s · q (x Wᵀ + b)ᵀ as s · ((q W) xᵀ + q b), head by head; W and b are a linear map's, or some features of it."""

    role: ClassVar[str] = "attention"

    heads: int
    scale: float
    features: Span | None = None

    def label(self) -> str:
        return f"Q(XWᵀ)ᵀ, {self.heads} head{'s' * (self.heads > 1)}"

    def build(self, q: Shape, x: Shape) -> nn.Module:
        return ScoresOfTokens(self.heads, self.scale, self.features)


class NarrowValues(Kernel):
    """A (x Wᵀ + b) as (A x) Wᵀ + (Σ A) b, head by head."""

    role: ClassVar[str] = "attention"

    features: Span | None = None

    def label(self) -> str:
        return "(AX)Wᵀ"

    def build(self, weights: Shape, x: Shape) -> nn.Module:
        return ValuesOfTokens(self.features)


class NarrowAttention(Kernel):
    """softmax(s · q (x Kᵀ)ᵀ) (x Vᵀ) by the two."""

    role: ClassVar[str] = "attention"

    heads: int
    scale: float
    k: Span | None = None
    v: Span | None = None

    def label(self) -> str:
        return f"attention, {self.heads} head{'s' * (self.heads > 1)}"

    def build(self, q: Shape, x: Shape) -> nn.Module:
        return AttentionToTokens(self.heads, self.scale, self.k, self.v)


def part(linear: nn.Linear, features: Span | None) -> tuple[Tensor, Tensor | None]:
    """Weight and bias of a linear map, or of some of its features."""
    if features is None:
        return linear.weight, linear.bias
    rows = slice(*features)
    return linear.weight[rows], None if linear.bias is None else linear.bias[rows]


class ScoresOfTokens(nn.Module):
    """(b, n, h·d), (b, m, c) → (b, h, n, m)."""

    def __init__(self, heads: int, scale: float, features: Span | None) -> None:
        super().__init__()
        self.heads, self.scale, self.features = heads, scale, features

    def forward(self, q: Tensor, x: Tensor, linear: nn.Linear) -> Tensor:
        (b, n, inner), (m, c), heads = q.shape, x.shape[1:], self.heads
        weight, bias = part(linear, self.features)
        q = (q * self.scale).view(b * n, heads, inner // heads).transpose(0, 1)
        asked = torch.bmm(q, weight.view(heads, inner // heads, c))  # h, b·n, c: what each query looks for in a token
        asked = asked.view(heads, b, n, c).transpose(0, 1).reshape(b, heads * n, c)
        scores = torch.bmm(asked, x.transpose(1, 2)).view(b, heads, n, m)
        if bias is None:
            return scores
        return scores + torch.bmm(q, bias.view(heads, inner // heads, 1)).view(heads, b, n, 1).transpose(0, 1)


class ValuesOfTokens(nn.Module):
    """(b, h, n, m), (b, m, c) → (b, n, h·e)."""

    def __init__(self, features: Span | None) -> None:
        super().__init__()
        self.features = features

    def forward(self, weights: Tensor, x: Tensor, linear: nn.Linear) -> Tensor:
        (b, heads, n, m), c = weights.shape, x.shape[2]
        weight, bias = part(linear, self.features)
        width = len(weight) // heads
        y = torch.bmm(weights.reshape(b, heads * n, m), x)
        y = y.view(b, heads, n, c).transpose(0, 1).reshape(heads, b * n, c)
        y = torch.bmm(y, weight.view(heads, width, c).transpose(1, 2))
        if bias is not None:
            y = y + bias.view(heads, 1, width) * weights.sum(-1).transpose(0, 1).reshape(heads, b * n, 1)
        return y.view(heads, b, n, width).permute(1, 2, 0, 3).reshape(b, n, heads * width)


class AttentionToTokens(nn.Module):
    """(b, n, h·d), (b, m, c) → (b, n, h·e)."""

    def __init__(self, heads: int, scale: float, k: Span | None, v: Span | None) -> None:
        super().__init__()
        self.scores, self.values = ScoresOfTokens(heads, scale, k), ValuesOfTokens(v)

    def forward(self, q: Tensor, x: Tensor, keys: nn.Linear, values: nn.Linear) -> Tensor:
        y: Tensor = self.values(self.scores(q, x, keys).softmax(-1), x, values)
        return y
