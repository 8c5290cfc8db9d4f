"""Spec → `nn.Module` in one call."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import torch
from torch import fx

from archspec.compiler.compile import compile
from archspec.compiler.crops import crops
from archspec.graph import Graph
from archspec.language import load


def build(
    spec: str | Path | Graph,
    variant: str | None = None,
    overrides: Iterable[str] | dict[str, Any] | None = None,
    device: torch.device | str | None = None,
    dtype: torch.dtype | None = None,
    *,
    optimize: Literal["none", "exact"] = "exact",
    allow_python: bool = False,
) -> fx.GraphModule:
    """A trainable module from a spec or a shaped graph, with fresh weights.

    It takes a float tensor (b, channels, height, width) for an image input, and returns (b, features) – or a NamedTuple
    where the spec has several outputs. `device` is where it is made, `cpu` by default; `meta` makes it without memory.
    With `optimize="exact"` it computes the same numbers and gradients in fewer steps: submodules, and hooks on them,
    may see fewer tokens than the spec says, such as the class token alone. `"none"` runs the graph as it is written.
    Raises SpecError where the spec has problems; warns where a kernel leaves out an end of its image.
    """
    graph = spec if isinstance(spec, Graph) else load(spec, variant, overrides, allow_python=allow_python)
    if cropped := crops(graph):
        warnings.warn("; ".join(cropped), stacklevel=2)
    return compile(graph, device=device or "cpu", dtype=dtype, rewrites={} if optimize == "none" else None)
