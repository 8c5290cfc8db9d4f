"""CvT against transformers, whose activation is not that of the authors' code; theirs swapped in, both are the same."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

import archspec
from tests.support.peers import (
    SPECS,
    assert_close,
    assert_same_gradients,
    assert_same_logits,
    hf,
    logits,
    params,
    randomise,
    twin,
    variants,
)

CVT_13: dict[str, Any] = {"depth": [1, 2, 10], "drop_path_rate": [0.0, 0.0, 0.0]}
CVT_21 = {**CVT_13, "depth": [1, 4, 16]}
CVT_W24 = {**CVT_13, "depth": [2, 2, 20], "num_heads": [3, 12, 16], "embed_dim": [192, 768, 1024]}


class QuickGELU(nn.Module):
    """As the authors' code has it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * (1.702 * x).sigmoid()


def cvt(config: dict[str, Any], *, official: bool = False) -> nn.Module:
    peer = hf("CvtForImageClassification", **config)
    for module in list(peer.modules()):
        if official and isinstance(getattr(module, "activation", None), nn.GELU):
            module.activation = QuickGELU()
    return peer


@pytest.mark.parametrize(
    ("variant", "config"), [("cvt_13", CVT_13), ("cvt_13_hf", CVT_13), ("cvt_21", CVT_21), ("cvt_21_hf", CVT_21)]
)
def test_transformers(variant: str, config: dict[str, Any]) -> None:
    peer = randomise(cvt(config, official=not variant.endswith("_hf")))
    ours, x = twin(peer, "cvt", variant, source="hf")
    assert_same_logits(ours, peer, x)


@pytest.mark.parametrize("image", ["[224, 256]", "[96, 64]"])
def test_transformers_on_an_image_that_is_no_square(image: str) -> None:
    peer = randomise(cvt(CVT_13))
    ours, x = twin(peer, "cvt", "cvt_13_hf", [f"params.image={image}"])
    assert_same_logits(ours, peer, x)


def test_the_activation_is_all_that_tells_the_editions_apart() -> None:
    peer = randomise(cvt(CVT_13))
    ours, x = twin(peer, "cvt", "cvt_13", ["params.image=64"])
    with torch.no_grad():
        found, wanted = ours.eval()(x), logits(peer.eval()(x))
    assert (found - wanted).abs().max() > 1e-3 * wanted.abs().max()


@pytest.mark.parametrize("edition", ["official", "hf"])
def test_a_training_step(edition: str) -> None:
    """Statistics of the batch included."""
    peer = randomise(cvt(CVT_13, official=edition == "official"))
    variant = "cvt_13" if edition == "official" else "cvt_13_hf"
    ours, x = twin(peer, "cvt", variant, ["params.drop_path=0.0", "params.image=96"])
    x = x.double()
    found, wanted = ours.double().train()(x), logits(peer.double().train()(x))
    assert_close(found, wanted, 1e-12)
    found.square().sum().backward()
    wanted.square().sum().backward()
    assert_same_gradients(ours, peer)
    for (name, one), other in zip(ours.named_buffers(), peer.buffers(), strict=True):
        assert_close(one.double(), other.double(), 1e-12, name)


@pytest.mark.parametrize("name", [variant for _, variant in variants("cvt")])
def test_every_size_has_transformers_number_of_parameters(name: str) -> None:
    size = name.split("_")[1]
    with torch.device("meta"):
        peer = cvt({"13": CVT_13, "21": CVT_21, "w24": CVT_W24}[size])
    graph = archspec.load(SPECS / "cvt.yaml", name)
    assert graph.cost.params == params(peer)
    assert graph.cost.buffers == sum(buffer.numel() for buffer in peer.buffers())
