"""ViT against vit-pytorch, and against the formulas of the package at the time of the source article."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import archspec
from archspec.weights.load import export_state_dict
from tests.support.peers import (
    SPECS,
    assert_close,
    assert_filled_alike,
    assert_same_gradients,
    assert_same_logits,
    pixels,
    randomise,
    twin,
)

SIZES: dict[str, Any] = {"patch": 16, "dim": 48, "depth": 3, "heads": 3, "head_dim": 8, "mlp_dim": 96}
SMALL = ["params.image=[48, 64]", *(f"params.{name}={value}" for name, value in SIZES.items())]


def lucid(**options: Any) -> nn.Module:
    """vit-pytorch's, in the sizes of SMALL."""
    from vit_pytorch.vit import ViT

    sizes = {"patch_size": 16, "dim": 48, "depth": 3, "heads": 3, "dim_head": 8, "mlp_dim": 96}
    model: nn.Module = ViT(image_size=(48, 64), num_classes=1000, **(sizes | options))
    return model


@pytest.mark.parametrize(("variant", "pool"), [("vit_vit_pytorch", "cls"), ("vit_vit_pytorch_mean", "mean")])
def test_vit_pytorch(variant: str, pool: str) -> None:
    peer = randomise(lucid(pool=pool))
    ours, x = twin(peer, "vit_pytorch/vit", variant, SMALL, "vit_pytorch")
    assert_same_logits(ours, peer, x)
    assert_close(ours.train()(x), peer.train()(x), 1e-5)


def test_one_head_as_wide_as_the_tokens_is_not_projected() -> None:
    peer = randomise(lucid(heads=1, dim_head=48))
    ours, x = twin(peer, "vit_pytorch/vit", "vit_vit_pytorch", [*SMALL, "params.heads=1", "params.head_dim=48"])
    assert_same_logits(ours, peer, x)


def test_a_training_step() -> None:
    peer = randomise(lucid())
    ours, x = twin(peer, "vit_pytorch/vit", "vit_vit_pytorch", SMALL, "vit_pytorch")
    x = x.double()
    for model in (ours.double().train(), peer.double().train()):
        model(x).square().sum().backward()
    assert_same_gradients(ours, peer)


def test_a_fresh_model_is_filled_as_vit_pytorch_fills_it() -> None:
    torch.manual_seed(0)
    made = export_state_dict(archspec.build(SPECS / "vit_pytorch/vit.yaml", overrides=SMALL), "vit_pytorch")
    assert_filled_alike(made, lucid().state_dict())


@pytest.mark.parametrize("pool", ["cls", "mean"])
def test_the_article_is_its_formulas(pool: str) -> None:
    """Plain patches; the mean is over the class token too; no norm but in the layers and in the head."""
    variant = "vit_article" if pool == "cls" else "vit_article_mean"
    graph = archspec.load(SPECS / "vit_pytorch/vit.yaml", variant, SMALL)
    model, x = randomise(archspec.build(graph)), pixels(graph)
    w = model.state_dict()

    def linear(name: str, x: Tensor) -> Tensor:
        return F.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias"))

    def norm(name: str, x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"])

    y = linear("project", x.unflatten(3, (4, 16)).unflatten(2, (3, 16)).permute(0, 2, 4, 3, 5, 1).reshape(2, 12, 768))
    y = torch.cat((w["cls.token"].expand(2, -1, -1), y), 1) + w["pos_embed.position"]
    for i in range(3):
        q, k, v = (
            part.unflatten(2, (3, 8)).transpose(1, 2)
            for part in linear(f"blocks.{i}.attn.qkv", norm(f"blocks.{i}.norm1", y)).chunk(3, -1)
        )
        attended = (q @ k.mT * 8**-0.5).softmax(-1) @ v
        y = y + linear(f"blocks.{i}.attn.proj", attended.transpose(1, 2).flatten(2))
        y = y + linear(f"blocks.{i}.mlp.fc2", F.gelu(linear(f"blocks.{i}.mlp.fc1", norm(f"blocks.{i}.norm2", y))))
    y = y.mean(1) if pool == "mean" else y[:, 0]
    with torch.no_grad():
        assert_close(model.eval()(x), linear("head.linear", norm("head.norm", y)), 1e-5)
