"""On a CPU, maps of all heads of one image fit the cache, and those of a batch do not: image by image is faster."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import forward_ad


def by_image(x: Tensor) -> bool:
    """Whether to go image by image: on a CPU, with no compiler, tracer, autocast or transform of torch.func about."""
    return not (
        x.device.type != "cpu"
        or torch.compiler.is_compiling()
        or torch._C._get_tracing_state() is not None
        or torch.is_autocast_enabled("cpu")
        or torch._C._are_functorch_transforms_active()
        or forward_ad.unpack_dual(x).tangent is not None
    )


def biased_attention(q: Tensor, k: Tensor, v: Tensor, bias: Tensor, scale: float) -> Tensor:
    """softmax(s · qkᵀ + bias) v, without gradients.

    q is (b, h, n, d), k (b, h, m, d), v (b, h, m, e), bias (h, n, m); gives (b, h, n, e).
    """
    b, h, n, _ = q.shape
    y = q.new_empty(b, n, h, v.shape[3]).transpose(1, 2)
    maps = torch.empty_like(bias, memory_format=torch.contiguous_format)
    for image in range(b):
        torch.baddbmm(bias, q[image], k[image].transpose(1, 2), alpha=scale, out=maps)
        y[image] = torch.bmm(torch.softmax(maps, -1, out=maps), v[image])
    return y
