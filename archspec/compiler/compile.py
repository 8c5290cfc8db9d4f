"""Shaped graph → `nn.Module`: lower, emit, materialise."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import fx

from archspec.compiler.emit import emit
from archspec.compiler.lower import lower
from archspec.compiler.memory import materialise
from archspec.compiler.rewrites import Rewrite
from archspec.graph import Graph

Progress = Callable[[str], None]


def compile(
    graph: Graph,
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
    progress: Progress | None = None,
    rewrites: Mapping[str, Rewrite] | None = None,
) -> fx.GraphModule:
    """Build a shaped graph on a device. A parameter's name is its path in the spec: `stage3.layers.0.attn.proj.weight`.

    Nothing is made twice: modules are built without memory, then given memory on `device` in `dtype` and initialised
    there, one by one; on the `meta` device they stay as they are. `progress` hears each top-level node's name before
    it is filled. `rewrites` are all that there are, unless some are given: `{}` compiles the graph as it is written.
    """
    with torch.device("meta"):
        model = emit(lower(graph, rewrites).graph, graph.origin.name if graph.origin else "Architecture")
    if torch.device(device).type == "meta":
        model.to(dtype=dtype)
    else:
        for name, child in model.named_children():
            if progress:
                progress(name)
            materialise(child, device, dtype)
    model.meta["archspec"] = graph.origin
    return model
