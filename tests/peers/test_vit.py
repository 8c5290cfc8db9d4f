"""ViT against timm and transformers."""

from __future__ import annotations

from functools import partial

from tests.support.laws import Case, Line, laws
from tests.support.peers import hf, timm, variants

TINY = {"hidden_size": 192, "num_attention_heads": 3, "intermediate_size": 768}
SMALL = {"hidden_size": 384, "num_attention_heads": 6, "intermediate_size": 1536}


def timms(variant: str, laws: str) -> Case:
    return Case("timm", "vit", variant, partial(timm, variant), laws, source="timm")


def transformers(variant: str, sizes: dict[str, int], eps: float, laws: str = "logits") -> Case:
    model = partial(hf, "ViTForImageClassification", **sizes, layer_norm_eps=eps)
    return Case("transformers", "vit", variant, model, laws, [f"defaults.layer_norm.eps={eps}"], "hf")


CASES: list[Line] = [
    timms("vit_tiny_patch16_224", "logits export"),
    timms("vit_small_patch16_224", "logits"),
    timms("vit_small_patch32_224", "logits"),
    timms("vit_base_patch16_224", "logits"),
    timms("vit_base_patch16_384", "logits"),
    Case("timm", "vit", "vit_tiny_patch16_224", partial(timm, "vit_tiny_patch16_224", img_size=(224, 256)), "logits",
         ["params.image=[224, 256]"]),
    transformers("vit_tiny_patch16_224", TINY, 1e-6, "logits export"),
    transformers("vit_tiny_patch16_224", TINY, 1e-12),
    transformers("vit_small_patch16_224", SMALL, 1e-12),
    *(timms(variant, "parameters") for variant in variants("vit")),
]  # fmt: skip

test_laws = laws(CASES)
