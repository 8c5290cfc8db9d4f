"""CvT against vit-pytorch, whose code is also the source article's."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import archspec
from archspec.weights.load import export_state_dict
from tests.support.peers import (
    SPECS,
    assert_close,
    assert_filled_alike,
    assert_same_gradients,
    assert_same_logits,
    params,
    randomise,
    twin,
)


def lucid() -> nn.Module:
    from vit_pytorch.cvt import CvT

    model: nn.Module = CvT(num_classes=1000)
    return model


@pytest.mark.parametrize("image", ["224", "[96, 160]"])
def test_vit_pytorch(image: str) -> None:
    peer = randomise(lucid())
    ours, x = twin(peer, "vit_pytorch/cvt", "cvt_vit_pytorch", [f"params.image={image}"], "vit_pytorch")
    assert_same_logits(ours, peer, x)


def test_a_training_step() -> None:
    """Statistics of the batch included."""
    peer = randomise(lucid())
    ours, x = twin(peer, "vit_pytorch/cvt", "cvt_vit_pytorch", ["params.image=64"], "vit_pytorch")
    x = x.double()
    found, wanted = ours.double().train()(x), peer.double().train()(x)
    assert_close(found, wanted, 1e-12)
    found.square().sum().backward()
    wanted.square().sum().backward()
    assert_same_gradients(ours, peer)
    for name, tensor in export_state_dict(ours, "vit_pytorch").items():
        assert_close(tensor.double(), peer.state_dict()[name].double(), 1e-12, name)


def test_a_fresh_model_is_filled_as_vit_pytorch_fills_it() -> None:
    torch.manual_seed(0)
    made = export_state_dict(archspec.build(SPECS / "vit_pytorch/cvt.yaml"), "vit_pytorch")
    assert_filled_alike(made, lucid().state_dict())


def test_parameters() -> None:
    assert archspec.load(SPECS / "vit_pytorch/cvt.yaml").cost.params == params(lucid())
