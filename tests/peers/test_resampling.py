"""Tables of positions at another size, as DeiT's code has it and as timm does, each held to a package that does so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import archspec
from archspec.weights import export_state_dict, load_weights
from tests.support.peers import SPECS

SMALL = ["params.image=32", "params.patch=8", "params.dim=16", "params.depth=1", "params.heads=2", "params.classes=5"]


def vit(*settings: str) -> nn.Module:
    """A ViT with a grid of 4×4."""
    return archspec.build(SPECS / "vit.yaml", overrides=[*SMALL, *settings])


def bicubic(table: Tensor, h: int, w: int) -> Tensor:
    """DeiT's rule, which transformers has too."""
    from transformers import ViTConfig
    from transformers.models.vit.modeling_vit import ViTEmbeddings

    config = ViTConfig(hidden_size=16, image_size=32, patch_size=8, num_attention_heads=2)
    embeddings = ViTEmbeddings(config)
    embeddings.position_embeddings = nn.Parameter(table, requires_grad=False)
    resampled: Tensor = embeddings.interpolate_pos_encoding(torch.empty(1, 1 + h * w, 16), 8 * h, 8 * w)
    return resampled


def antialiased(table: Tensor, h: int, w: int) -> Tensor:
    """timm's rule."""
    from timm.layers.pos_embed import resample_abs_pos_embed

    resampled: Tensor = resample_abs_pos_embed(table, [h, w])
    return resampled


@pytest.mark.parametrize(("image", "h", "w"), [("64", 8, 8), ("[32, 64]", 4, 8), ("16", 2, 2), ("[24, 16]", 3, 2)])
@pytest.mark.parametrize(("source", "resampling", "oracle"), [
    ("timm", None, antialiased),
    ("timm", "bicubic", bicubic),
    ("hf", None, bicubic),
    ("hf", "antialiased", antialiased),
])  # fmt: skip
def test_positions_are_resampled_as_the_source_does(
    source: str, resampling: Any, oracle: Callable[[Tensor, int, int], Tensor], image: str, h: int, w: int
) -> None:
    """Or as the caller wants; the report says which of the two."""
    theirs, model = vit(), vit(f"params.image={image}")
    report = load_weights(model, export_state_dict(theirs, source), resampling=resampling)
    (entry,) = [entry for entry in report.entries if entry.status == "RESIZED"]
    rule = "bicubic, antialiased" if oracle is antialiased else "bicubic"
    assert entry.note == f"resized 4×4 → {h}×{w}, {rule}"
    expected = oracle(theirs.get_parameter("pos_embed.position").detach(), h, w)
    torch.testing.assert_close(model.get_parameter("pos_embed.position").detach(), expected, rtol=0, atol=1e-7)
