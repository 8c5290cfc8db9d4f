"""ViT against timm and transformers."""

from __future__ import annotations

import pytest
import torch

import archspec
from tests.support.peers import SPECS, assert_same_logits, hf, params, randomise, timm, twin, variants

TINY = {"hidden_size": 192, "num_attention_heads": 3, "intermediate_size": 768}
SMALL = {"hidden_size": 384, "num_attention_heads": 6, "intermediate_size": 1536}


@pytest.mark.parametrize(
    "name",
    [
        "vit_tiny_patch16_224",
        "vit_small_patch16_224",
        "vit_small_patch32_224",
        "vit_base_patch16_224",
        "vit_base_patch16_384",
    ],
)
def test_timm(name: str) -> None:
    peer = randomise(timm(name))
    ours, x = twin(peer, "vit", name, source="timm")
    assert_same_logits(ours, peer, x)


def test_timm_on_an_image_that_is_no_square() -> None:
    peer = randomise(timm("vit_tiny_patch16_224", img_size=(224, 256)))
    ours, x = twin(peer, "vit", "vit_tiny_patch16_224", ["params.image=[224, 256]"])
    assert_same_logits(ours, peer, x)


@pytest.mark.parametrize(
    ("variant", "sizes", "eps"),
    [
        ("vit_tiny_patch16_224", TINY, 1e-6),
        ("vit_tiny_patch16_224", TINY, 1e-12),
        ("vit_small_patch16_224", SMALL, 1e-12),
    ],
)
def test_transformers(variant: str, sizes: dict[str, int], eps: float) -> None:
    peer = randomise(hf("ViTForImageClassification", **sizes, layer_norm_eps=eps))
    ours, x = twin(peer, "vit", variant, [f"defaults.layer_norm.eps={eps}"], source="hf")
    assert_same_logits(ours, peer, x)


@pytest.mark.parametrize("name", [variant for _, variant in variants("vit")])
def test_every_size_has_timms_number_of_parameters(name: str) -> None:
    with torch.device("meta"):
        peer = timm(name)
    assert archspec.load(SPECS / "vit.yaml", name).cost.params == params(peer)
