"""Weight initialisation."""

from __future__ import annotations

from torch import Tensor, nn


def fill(weight: Tensor, init: str) -> None:
    """Fill in place by a rule of `archspec.ops.init`; timm's trunc_normal cuts at ±2 itself, not at ±2σ."""
    if weight.is_meta:  # nothing to fill, and timm's construction on meta is slow for filling it all the same
        return
    if init == "trunc_normal":
        nn.init.normal_(weight, std=0.02)  # the cut at ±2 lies at 100 σ: drawing again beyond it would only cost time
    elif init == "normal":
        nn.init.normal_(weight)
    else:
        nn.init.zeros_(weight)
