"""vit-pytorch's editions in a second size each, with other numbers in every place: what was a constant would show."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from torch import nn

from tests.peers.test_levit import calm
from tests.support.peers import assert_same_logits, randomise, twin

PLAIN = {"num_classes": 7, "dim": 40, "heads": 2, "dim_head": 12, "mlp_dim": 56}
OURS = {"classes": 7, "dim": 40, "heads": 2, "head_dim": 12, "mlp_dim": 56}
SIZES: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    "vit_vit_pytorch": (
        *("vit", "ViT"),
        {**PLAIN, "image_size": 32, "patch_size": 8, "depth": 2},
        {**OURS, "image": 32, "patch": 8, "depth": 2},
    ),
    "cait_vit_pytorch": (
        *("cait", "CaiT"),
        {**PLAIN, "image_size": 32, "patch_size": 8, "depth": 3, "cls_depth": 1},
        {**OURS, "image": 32, "patch": 8, "depth": 3, "class_depth": 1},
    ),
    "deepvit_vit_pytorch": (
        *("deepvit", "DeepViT"),
        {**PLAIN, "image_size": 32, "patch_size": 8, "depth": 2},
        {**OURS, "image": 32, "patch": 8, "depth": 2},
    ),
    "t2t_vit_vit_pytorch": (
        *("t2t", "T2TViT"),
        {**PLAIN, "image_size": 32, "depth": 1, "t2t_layers": ((5, 2), (3, 2), (3, 2))},
        {**OURS, "image": 32, "depth": 1, "windows": [[5, 2], [3, 2], [3, 2]]},
    ),
    "pit_vit_pytorch": (
        *("pit", "PiT"),
        {**PLAIN, "image_size": 48, "patch_size": 12, "depth": (1, 1, 2), "heads": (2, 2, 3)},
        {**OURS, "image": 48, "patch": 12, "depths": [1, 1, 2], "heads": [2, 2, 3]},
    ),
    "levit_vit_pytorch": (
        *("levit", "LeViT"),
        {"image_size": 64, "num_classes": 7, "dim": (24, 40, 56), "depth": (2, 1, 1), "heads": (1, 2, 2), "mlp_mult": 3,
         "dim_key": 6, "dim_value": 18},
        {"image": 64, "classes": 7, "dims": [24, 40, 56], "depths": [2, 1, 1], "heads": [1, 2, 2], "mlp_ratio": 3,
         "key_dim": 6, "value_ratio": 3},
    ),
    "cvt_vit_pytorch": (
        *("cvt", "CvT"),
        {"num_classes": 7, **{f"s{s}_{key}": value for s, values in {
            1: {"emb_dim": 16, "heads": 2, "depth": 1, "mlp_mult": 3},
            2: {"emb_dim": 32, "heads": 1, "depth": 1, "mlp_mult": 3},
            3: {"emb_dim": 48, "heads": 3, "depth": 2, "mlp_mult": 3}}.items() for key, value in values.items()}},
        {"image": 64, "classes": 7, "dims": [16, 32, 48], "heads": [2, 1, 3], "depths": [1, 1, 2], "mlp_ratio": 3},
    ),
}  # fmt: skip


@pytest.mark.parametrize("variant", SIZES)
def test_vit_pytorch(variant: str) -> None:
    module, name, theirs, ours = SIZES[variant]
    peer: nn.Module = getattr(import_module(f"vit_pytorch.{module}"), name)(**theirs)
    peer = calm(peer) if module == "levit" else randomise(peer)
    family = variant.removesuffix("_vit_pytorch")
    overrides = [f"params.{key}={value}" for key, value in ours.items()]
    model, x = twin(peer, f"vit_pytorch/{family}", variant, overrides, "vit_pytorch")
    assert_same_logits(model, peer, x)
