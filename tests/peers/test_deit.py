"""DeiT, plain and distilled, against timm and transformers."""

from __future__ import annotations

from functools import partial
from typing import Any

from torch import nn

from tests.peers.test_vit import SMALL, TINY
from tests.support.laws import Case, Line, laws
from tests.support.peers import hf, timm, variants


def distilling(name: str, **options: Any) -> nn.Module:
    """A model of timm's that gives both heads in training."""
    model: Any = timm(name, **options)
    model.set_distilled_training(True)
    return model  # type: ignore[no-any-return]


def timms(variant: str, laws: str) -> Case:
    return Case("timm", "deit", variant, partial(timm, variant), laws, source="timm")


def transformers(kind: str, variant: str, source: str, sizes: dict[str, int], eps: float) -> Case:
    model = partial(hf, f"{kind}ForImageClassification{'WithTeacher' * (kind == 'DeiT')}", **sizes, layer_norm_eps=eps)
    laws = "logits export" if sizes == TINY else "logits"
    return Case("transformers", "deit", variant, model, laws, [f"defaults.layer_norm.eps={eps}"], source)


CASES: list[Line] = [
    timms("deit_tiny_patch16_224", "logits export"),
    timms("deit_small_patch16_224", "logits"),
    timms("deit_base_patch16_224", "logits"),
    timms("deit_tiny_distilled_patch16_224", "logits export"),
    timms("deit_small_distilled_patch16_224", "logits"),
    timms("deit_base_distilled_patch16_224", "logits"),
    timms("deit_base_distilled_patch16_384", "logits"),
    *(
        transformers(kind, variant, source, sizes, eps)
        for eps in (1e-6, 1e-12)
        for kind, variant, source, sizes in (
            ("DeiT", "deit_tiny_distilled_patch16_224", "hf", TINY),
            ("DeiT", "deit_small_distilled_patch16_224", "hf", SMALL),
            ("ViT", "deit_tiny_patch16_224", "hf_vit", TINY),
            ("ViT", "deit_small_patch16_224", "hf_vit", SMALL),
        )
    ),
    Case("timm", "deit", "deit_tiny_distilled_patch16_224", partial(distilling, "deit_tiny_distilled_patch16_224"),
         "training", ["params.drop_path=0.0"]),
    *(timms(variant, "parameters") for variant in variants("deit")),
]  # fmt: skip

test_laws = laws(CASES)
