"""DeiT, plain and distilled, against timm and transformers."""

from __future__ import annotations

import pytest
import torch

import archspec
from tests.peers.test_vit import SMALL, TINY
from tests.support.peers import (
    SPECS,
    assert_close,
    assert_same_gradients,
    assert_same_logits,
    hf,
    params,
    randomise,
    timm,
    twin,
    variants,
)


@pytest.mark.parametrize(
    "name",
    [
        "deit_tiny_patch16_224",
        "deit_small_patch16_224",
        "deit_base_patch16_224",
        "deit_tiny_distilled_patch16_224",
        "deit_small_distilled_patch16_224",
        "deit_base_distilled_patch16_224",
        "deit_base_distilled_patch16_384",
    ],
)
def test_timm(name: str) -> None:
    peer = randomise(timm(name))
    ours, x = twin(peer, "deit", name, source="timm")
    assert_same_logits(ours, peer, x)


@pytest.mark.parametrize("eps", [1e-6, 1e-12])
@pytest.mark.parametrize(
    ("kind", "variant", "source", "sizes"),
    [
        ("DeiTForImageClassificationWithTeacher", "deit_tiny_distilled_patch16_224", "hf", TINY),
        ("DeiTForImageClassificationWithTeacher", "deit_small_distilled_patch16_224", "hf", SMALL),
        ("ViTForImageClassification", "deit_tiny_patch16_224", "hf_vit", TINY),
        ("ViTForImageClassification", "deit_small_patch16_224", "hf_vit", SMALL),
    ],
)
def test_transformers(kind: str, variant: str, source: str, sizes: dict[str, int], eps: float) -> None:
    peer = randomise(hf(kind, **sizes, layer_norm_eps=eps))
    ours, x = twin(peer, "deit", variant, [f"defaults.layer_norm.eps={eps}"], source)
    assert_same_logits(ours, peer, x)


def test_a_training_step_with_both_heads() -> None:
    peer = randomise(timm("deit_tiny_distilled_patch16_224"))
    ours, x = twin(peer, "deit", "deit_tiny_distilled_patch16_224", ["params.drop_path=0.0"])
    peer.set_distilled_training(True)
    x = x.double()
    found, wanted = ours.double().train()(x), peer.double().train()(x)
    assert found._fields == ("logits", "distillation")
    for one, other in zip(found, wanted, strict=True):
        assert_close(one, other, 1e-12)
    for outputs in (found, wanted):  # each head gets gradients of its own
        (outputs[0].square().sum() + outputs[1].pow(3).sum()).backward()
    assert_same_gradients(ours, peer)


@pytest.mark.parametrize("name", [variant for _, variant in variants("deit")])
def test_every_size_has_timms_number_of_parameters(name: str) -> None:
    with torch.device("meta"):
        peer = timm(name)
    assert archspec.load(SPECS / "deit.yaml", name).cost.params == params(peer)
