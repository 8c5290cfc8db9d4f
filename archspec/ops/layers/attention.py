"""Attention kernels; the heads are consecutive blocks of the channels."""

from __future__ import annotations

import math

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

from archspec.errors import RuleError
from archspec.ops.kernels.by_image import biased_attention, by_image
from archspec.ops.layers.fill import fill
from archspec.ops.layers.linear import Linear
from archspec.ops.layers.resample import resize


def by_head(x: Tensor, heads: int) -> Tensor:
    """(b, n, h·d), or each head's part as a view (b, n, h, d) → (b, h, n, d)."""
    if x.ndim == 3:
        b, n, c = x.shape
        x = x.view(b, n, heads, c // heads)
    return x.transpose(1, 2)


class DotAttention(nn.Module):
    """softmax(s · QKᵀ) V: (b, n, h·d), (b, m, h·d), (b, m, h·e) → (b, n, h·e)."""

    def __init__(self, heads: int, scale: float, dropout: float) -> None:
        super().__init__()
        self.heads, self.scale, self.dropout = heads, scale, dropout

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        q, k, v = (by_head(x, self.heads) for x in (q, k, v))
        dropout = self.dropout if self.training else 0.0
        y = F.scaled_dot_product_attention(q, k, v, dropout_p=dropout, scale=self.scale)
        return y.transpose(1, 2).flatten(2)

    def extra_repr(self) -> str:
        return f"heads={self.heads}, scale={self.scale:.4g}"


class AttentionScores(nn.Module):
    """s · QKᵀ: (b, n, h·d), (b, m, h·d) → (b, h, n, m)."""

    def __init__(self, heads: int, scale: float) -> None:
        super().__init__()
        self.heads, self.scale = heads, scale

    def forward(self, q: Tensor, k: Tensor) -> Tensor:
        q, k = (x.unflatten(2, (self.heads, -1)).transpose(1, 2) for x in (q * self.scale, k))
        return q @ k.transpose(2, 3)

    def extra_repr(self) -> str:
        return f"heads={self.heads}, scale={self.scale:.4g}"


class MixHeads(Linear):
    """(b, h, n, m) → the same: a linear map over the heads, as one (h × h) product with (h × n·m) for each sample."""

    def __init__(self, heads: int, *, bias: bool, init: str) -> None:
        super().__init__(heads, heads, bias=bias, init=init)

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight.expand(x.shape[0], -1, -1)
        if self.bias is None:
            return torch.bmm(weight, x.flatten(2)).view_as(x)
        return torch.baddbmm(self.bias[:, None], weight, x.flatten(2)).view_as(x)


class WeightedValues(nn.Module):
    """AV: (b, h, n, m), (b, m, h·e) → (b, n, h·e)."""

    def forward(self, weights: Tensor, v: Tensor) -> Tensor:
        v = v.unflatten(2, (weights.shape[1], -1)).transpose(1, 2)
        return (weights @ v).transpose(1, 2).flatten(2)


class PerformerAttention(nn.Module):
    """(b, n, d), (b, m, d), (b, m, e) → (b, n, e) through random features; `w`, (features, d), is frozen."""

    def __init__(self, features: int, channels: int, eps: float) -> None:
        super().__init__()
        self.features, self.eps = features, eps
        self.w = nn.Parameter(torch.empty(features, channels), requires_grad=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Orthogonal rows of length √features."""
        if self.w.is_meta:
            return
        w = nn.init.orthogonal_(torch.empty_like(self.w, dtype=torch.float32))
        with torch.no_grad():
            self.w.copy_(w * math.sqrt(self.features))

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        dtype, wide = v.dtype, torch.promote_types(v.dtype, torch.float32)
        q, k, v = self._features(q.to(wide)), self._features(k.to(wide)), v.to(wide)
        total = q @ k.sum(1)[..., None]
        y = q @ (k.transpose(1, 2) @ v) / (total + self.eps)
        return y.to(dtype)

    def _features(self, x: Tensor) -> Tensor:
        """φ, in no less than float32: it is an exponential."""
        return torch.exp(x @ self.w.to(x.dtype).t() - x.square().sum(-1, keepdim=True) / 2) / math.sqrt(self.features)


class BiasedAttention(nn.Module):
    """softmax(s · QKᵀ + factor · B) V: (b, n, h·d), (b, m, h·d), (b, m, h·e) → (b, n, h·e).

    `bias`, (h, rows · columns), has a value per head and relative offset; `distance`, (n, m), is the index of
    the offset between each query and key.
    """

    distance: Tensor

    def __init__(
        self,
        heads: int,
        scale: float,
        factor: float,
        grid: tuple[int, int],
        stride: tuple[int, int],
        *,
        front: tuple[int, int],
        init: str,
        dropout: float,
    ) -> None:
        super().__init__()
        self.heads, self.scale, self.factor, self.grid, self.stride = heads, scale, factor, grid, stride
        self.front, self.init, self.dropout = front, init, dropout
        self.bias = nn.Parameter(torch.empty(heads, grid[0] * grid[1]))
        queries = -(-grid[0] // stride[0]) * -(-grid[1] // stride[1])
        self.register_buffer("distance", torch.empty(queries, grid[0] * grid[1], dtype=torch.int64), persistent=False)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        if self.bias.is_meta:
            return
        fill(self.bias, self.init)
        (h, w), (down, across) = self.grid, self.stride
        rows, columns = torch.arange(h, device="cpu"), torch.arange(w, device="cpu")
        down_by = (rows[::down, None] - rows).abs()
        across_by = (columns[::across, None] - columns).abs()
        self.distance.copy_(rearrange(down_by[:, None, :, None] * w + across_by[:, None], "i j k l -> (i j) (k l)"))

    def resample(self, _name: str, table: Tensor, *, antialias: bool) -> tuple[Tensor, str]:
        """A table (h, m) of another grid's distances, stretched to this one."""
        if table.ndim != 2 or table.shape[0] != self.heads:
            raise RuleError("only tables of as many heads can be resampled")
        resized, note = resize(table.t()[None], self.grid, antialias=antialias)
        return resized[0].t(), note

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        q, k, v = (by_head(x, self.heads) for x in (q, k, v))
        bias = self.bias.index_select(1, self.distance.flatten()).view(-1, *self.distance.shape)
        bias = bias if self.factor == 1 else bias * self.factor
        bias = F.pad(bias, (self.front[1], 0, self.front[0], 0)) if any(self.front) else bias
        dropout = self.dropout if self.training else 0.0
        if not (dropout or torch.is_grad_enabled()) and by_image(q):
            return biased_attention(q, k, v, bias, self.scale).transpose(1, 2).flatten(2)
        if q.is_cuda:
            y = F.scaled_dot_product_attention(q, k, v, bias[None], dropout_p=dropout, scale=self.scale)
        else:
            # Elsewhere no kernel takes a bias that learns and values wider than keys.
            scores = (q * self.scale @ k.transpose(2, 3)).add_(bias)
            y = F.dropout(scores.softmax(-1), dropout) @ v
        return y.transpose(1, 2).flatten(2)

    def extra_repr(self) -> str:
        return f"heads={self.heads}, scale={self.scale:.4g}"
