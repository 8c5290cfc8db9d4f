"""The heart of mixed attention: for all images at once, or one after the other so that its maps stay in the cache."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from archspec.ops.kernels.by_image import by_image


def mixed(
    q: Tensor, k: Tensor, v: Tensor, first: Tensor | None, second: Tensor, bias: Tensor | None, eps: float
) -> Tensor:
    """norm(second · softmax(first · qkᵀ) + bias) v, where norm divides by the heads' root mean square; no eps, no norm.

    q is (b, h, n, d), k (b, h, m, d), v (b, h, m, e), the mixes are (h, h); gives (b, h, n, e).
    """
    tensors = (q, k, v, first, second, bias)
    if not by_image(q):
        return at_once(q, k, v, first, second, bias, eps)
    if torch.is_grad_enabled() and any(tensor is not None and tensor.requires_grad for tensor in tensors):
        y: Tensor = _Mixed.apply(*tensors, eps)  # type: ignore[no-untyped-call]
        return y
    return _run(q, k, v, first, second, bias, eps, None)


def at_once(
    q: Tensor, k: Tensor, v: Tensor, first: Tensor | None, second: Tensor, bias: Tensor | None, eps: float
) -> Tensor:
    """The same for the whole batch, in steps that autograd and compilers know."""
    weights = weights_of(q, k, first)
    many = second.expand(len(weights), -1, -1)
    flat = weights.flatten(2)
    flat = torch.bmm(many, flat) if bias is None else torch.baddbmm(bias[:, None], many, flat)
    if eps:
        flat = flat * torch.rsqrt(flat.square().mean(1, keepdim=True) + eps)
    return flat.view_as(weights) @ v


def weights_of(q: Tensor, k: Tensor, first: Tensor | None) -> Tensor:
    """softmax(first · qkᵀ) of the whole batch, (b, h, n, m)."""
    maps = q @ k.transpose(2, 3)
    if first is not None:
        maps = torch.bmm(first.expand(len(maps), -1, -1), maps.flatten(2)).view_as(maps)
    return maps.softmax(-1)


def _run(
    q: Tensor, k: Tensor, v: Tensor, first: Tensor | None, second: Tensor, bias: Tensor | None, eps: float,
    kept: Tensor | None,
) -> Tensor:  # fmt: skip
    """Image by image, in two buffers; the softmax of each is written to `kept`."""
    b, h, n, m = *q.shape[:3], k.shape[2]
    y = q.new_empty(b, n, h, v.shape[3]).transpose(1, 2)
    one, two = q.new_empty(h, n, m), q.new_empty(h, n, m)
    for image in range(b):
        maps = torch.bmm(q[image], k[image].transpose(1, 2), out=one)
        if first is not None:
            maps = torch.mm(first, one.view(h, -1), out=two.view(h, -1)).view(h, n, m)
        weights = torch.softmax(maps, -1, out=maps if kept is None else kept[image])
        mixture = _mix(second, bias, weights, two if weights.data_ptr() == one.data_ptr() else one)
        if eps:
            mixture.mul_(_scale(mixture, eps))
        y[image] = torch.bmm(mixture.view(h, n, m), v[image])
    return y


def _mix(second: Tensor, bias: Tensor | None, weights: Tensor, out: Tensor) -> Tensor:
    """(h, h) · (h, n, m) → (h, n·m), written to `out`."""
    h = len(weights)
    mixture = torch.mm(second, weights.view(h, -1), out=out.view(h, -1))
    return mixture if bias is None else mixture.add_(bias[:, None])


def _scale(mixture: Tensor, eps: float) -> Tensor:
    return torch.rsqrt(mixture.square().mean(0, keepdim=True) + eps)


class _Mixed(torch.autograd.Function):
    """Keeps the softmax alone, and works the rest out again: maps of all heads are the most that a layer holds."""

    @staticmethod
    def forward(
        ctx: Any, q: Tensor, k: Tensor, v: Tensor, first: Tensor | None, second: Tensor, bias: Tensor | None, eps: float
    ) -> Tensor:
        kept = q.new_empty(*q.shape[:3], k.shape[2])
        y = _run(q, k, v, first, second, bias, eps, kept)
        ctx.save_for_backward(q, k, v, first, second, bias, kept)
        ctx.eps = eps
        return y

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        q, k, v, first, second, bias, kept = ctx.saved_tensors
        if torch.is_grad_enabled():  # a gradient of gradients: torch knows the way through the other form
            tensors = [tensor for tensor in (q, k, v, first, second, bias) if tensor is not None]
            wanted = [tensor for tensor in tensors if tensor.requires_grad]
            y = at_once(q, k, v, first, second, bias, ctx.eps)
            gradients = iter(torch.autograd.grad(y, wanted, gradient, create_graph=True))
            inputs = (q, k, v, first, second, bias)
            return *(next(gradients) if x is not None and x.requires_grad else None for x in inputs), None
        return *_back(q, k, v, first, second, bias, ctx.eps, kept, gradient), None


def _back(
    q: Tensor, k: Tensor, v: Tensor, first: Tensor | None, second: Tensor, bias: Tensor | None, eps: float,
    kept: Tensor, gradient: Tensor,
) -> tuple[Tensor | None, ...]:  # fmt: skip
    """The gradients of q, k, v, the two mixes and the bias."""
    b, h, n, m = kept.shape
    dq, dk, dv = (x.new_empty(b, x.shape[2], h, x.shape[3]).transpose(1, 2) for x in (q, k, v))
    dfirst, dsecond = (None if x is None else torch.zeros_like(x) for x in (first, second))
    dbias = None if bias is None else torch.zeros_like(bias)
    one, two = q.new_empty(h, n, m), q.new_empty(h, n, m)
    for image in range(b):
        weights, dy = kept[image], gradient[image]
        mixture = _mix(second, bias, weights, one)
        d = torch.bmm(dy, v[image].transpose(1, 2), out=two).view(h, -1)
        if eps:
            scale = _scale(mixture, eps)
            mixture.mul_(scale)
            d.sub_(mixture * (d * mixture).mean(0, keepdim=True)).mul_(scale)
        dv[image] = torch.bmm(mixture.view(h, n, m).transpose(1, 2), dy)
        assert dsecond is not None
        dsecond.addmm_(d, weights.view(h, -1).t())
        if dbias is not None:
            dbias.add_(d.sum(1))
        d = torch.mm(second.t(), d, out=one.view(h, -1)).view(h, n, m)
        d = torch._softmax_backward_data(d, weights, -1, d.dtype)
        if first is not None and dfirst is not None:
            scores = torch.bmm(q[image], k[image].transpose(1, 2), out=one).view(h, -1)
            dfirst.addmm_(d.view(h, -1), scores.t())
            d = torch.mm(first.t(), d.view(h, -1), out=two.view(h, -1)).view(h, n, m)
        dq[image] = torch.bmm(d, k[image])
        dk[image] = torch.bmm(d.transpose(1, 2), q[image])
    return dq, dk, dv, dfirst, dsecond, dbias
