"""Every variant of every spec in a size that is built and run in a moment."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from archspec.graph import Graph
from archspec.language import load, open_spec, packaged_specs
from tests.support.origins import origin_of

IMAGES = {"cvt": 48, "levit": 64, "pit": 64, "t2t_vit": 48, "cross_vit": 48}
"""The smallest side that a family's kernels and strides leave something of; elsewhere, three patches."""

LAYERS = {"t2t_vit_dense": {f"graph.stage{stage}.repeat": 1 for stage in (1, 2, 3)}}
"""Numbers of layers that a variant writes into its graph."""


@cache
def reduced() -> dict[str, Graph]:
    """A graph for each variant that still differs from the others when it is reduced, by spec and variant."""
    graphs: dict[str, Graph] = {}
    seen: set[str] = set()
    for path in packaged_specs():
        for variant in open_spec(path).variants or [None]:
            graph = load(path, variant, overrides(path, variant))
            if origin_of(graph).hash not in seen:
                seen.add(origin_of(graph).hash)
                graphs[f"{path.parent.name}/{path.stem}:{variant}"] = graph
    return graphs


def overrides(path: Path, variant: str | None) -> dict[str, Any]:
    """Fewer layers, narrower ones, smaller images, five classes."""
    params = dict(origin_of(load(path, variant)).params)
    values: dict[str, Any] = {
        "classes": 5,
        "depth": 2,
        "depths": [1] * len(params.get("depths", ())),
        "plain": min(params.get("plain", 0), 1),
        "class_depth": 2,
        "stages": 2,
        "image": IMAGES.get(path.stem, 3 * params.get("patch", 16)),
    }
    heads = params.get("heads")
    if isinstance(heads, int) and "mlp_dim" not in params:
        values["dim"] = 8 * heads
    if isinstance(heads, list | tuple):
        values |= {"dims": [8 * each for each in heads], "key_dim": 8, "head_dim": 8}
    chosen = {f"params.{name}": value for name, value in values.items() if name in params}
    if "windows" in params:
        chosen["params.windows"] = [[2, 2]] * len(params["windows"])
    for branch, side in {"small": 36, "large": 48}.items():
        sizes = params.get(branch, {})
        smaller = {"image": side, "depth": 1, "mlp_dim": 24, "dim": 8 * sizes.get("heads", 0)}
        chosen |= {f"params.{branch}.{name}": value for name, value in smaller.items() if name in sizes}
    return chosen | LAYERS.get(variant or "", {})
