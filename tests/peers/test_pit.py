"""PiT against timm and vit-pytorch, and with the pool of Xception that the source article keeps as a comment."""

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
    rates,
    timm,
    twin,
    variants,
)

SMALL = [f"params.{name}={value}" for name, value in {
    "image": 64, "dim": 24, "depths": [1, 2, 1], "heads": [1, 2, 4], "head_dim": 24, "mlp_dim": 48,
}.items()]  # fmt: skip


def lucid() -> nn.Module:
    """vit-pytorch's, in the sizes of SMALL; its first stage has one head as wide as the tokens."""
    from vit_pytorch.pit import PiT

    model: nn.Module = PiT(
        image_size=64,
        patch_size=16,
        num_classes=1000,
        dim=24,
        depth=(1, 2, 1),
        heads=(1, 2, 4),
        dim_head=24,
        mlp_dim=48,
    )
    return model


@pytest.mark.parametrize(
    "name", ["pit_ti_224", "pit_s_224", "pit_ti_distilled_224", "pit_s_distilled_224", "pit_b_224"]
)
def test_timm(name: str) -> None:
    peer = randomise(timm(name))
    ours, x = twin(peer, "pit", name, source="timm")
    assert_same_logits(ours, peer, x)


@pytest.mark.parametrize("size", [(96, 160), (224, 80)])
def test_timm_on_an_image_that_is_no_square(size: tuple[int, int]) -> None:
    peer = randomise(timm("pit_ti_distilled_224", img_size=size))
    ours, x = twin(peer, "pit", "pit_ti_distilled_224", [f"params.image={list(size)}"])
    assert_same_logits(ours, peer, x)


@pytest.mark.parametrize("name", [variant for _, variant in variants("pit")])
def test_every_size_has_timms_number_of_parameters(name: str) -> None:
    with torch.device("meta"):
        peer = timm(name)
    assert archspec.load(SPECS / "pit.yaml", name).cost.params == params(peer)


def test_a_training_step_with_both_heads() -> None:
    peer = randomise(timm("pit_ti_distilled_224", img_size=96))
    peer.set_distilled_training(True)
    ours, x = twin(peer, "pit", "pit_ti_distilled_224", ["params.image=96"])
    x = x.double()
    found, wanted = ours.double().train()(x), peer.double().train()(x)
    assert found._fields == ("logits", "distillation")
    for one, other in zip(found, wanted, strict=True):
        assert_close(one, other, 1e-12)
    for outputs in (found, wanted):
        (outputs[0].square().sum() + outputs[1].pow(3).sum()).backward()
    assert_same_gradients(ours, peer)


def test_a_fresh_model_is_filled_as_timm_fills_it() -> None:
    torch.manual_seed(0)
    made = export_state_dict(archspec.build(SPECS / "pit.yaml", "pit_ti_distilled_224"), "timm")
    assert_filled_alike(made, timm("pit_ti_distilled_224").state_dict())


def test_the_authors_names() -> None:
    """As many as the state dict of their code has, and some of them with their shapes."""
    made = export_state_dict(archspec.build(SPECS / "pit.yaml", "pit_ti_distilled_224"), "official")
    assert len(made) == 162
    shapes = {
        "pos_embed": (1, 64, 27, 27),
        "cls_token": (1, 2, 64),
        "patch_embed.conv.weight": (64, 3, 16, 16),
        "transformers.0.blocks.1.attn.qkv.weight": (192, 64),
        "transformers.2.blocks.3.mlp.fc1.weight": (1024, 256),
        "pools.0.conv.weight": (128, 1, 3, 3),
        "pools.0.fc.weight": (128, 64),
        "head_dist.weight": (1000, 256),
    }
    assert {name: tuple(made[name].shape) for name in shapes} == shapes


def test_drop_path_is_the_authors_ramp_which_ends_before_its_rate() -> None:
    found = rates(archspec.load(SPECS / "pit.yaml", "pit_s_224", ["params.drop_path=0.1"]))
    layers = [f"stage{s}.{j}" for s, depth in enumerate((2, 6, 4), 1) for j in range(depth)]
    ramp = {f"{layer}.drop_path{n}": 0.1 * k / 12 for k, layer in enumerate(layers) for n in (1, 2)}
    assert found == pytest.approx({path: rate for path, rate in ramp.items() if rate})


def test_the_position_of_another_size_is_resampled() -> None:
    small, large = (timm("pit_ti_224", img_size=size) for size in (96, 224))
    ours, _ = twin(small, "pit", "pit_ti_224", ["params.image=96"])
    report = archspec.load_weights(ours, large.state_dict(), "timm")
    assert [entry.note for entry in report.entries if entry.status == "RESIZED"] == ["resized 27×27 → 11×11"]
    wanted = nn.functional.interpolate(large.pos_embed, (11, 11), mode="bicubic")
    assert torch.equal(ours.pos_embed.position, wanted)


@pytest.mark.parametrize("pool", ["vit_pytorch", "xception"])
def test_vit_pytorch(pool: str) -> None:
    """Its pool's depthwise convolution widens, and a 1×1 mixes; in Xception's the 1×1 widens."""
    peer = lucid()
    if pool == "xception":
        for place, c in ((1, 24), (3, 48)):
            depthwise = nn.Conv2d(c, c, kernel_size=3, padding=1, groups=c, stride=2)
            peer.layers[place].downsample.net = nn.Sequential(depthwise, nn.Conv2d(c, 2 * c, kernel_size=1))
    variant = "pit_vit_pytorch" if pool == "vit_pytorch" else "pit_article_xception"
    ours, x = twin(randomise(peer), "vit_pytorch/pit", variant, SMALL, "vit_pytorch")
    assert_same_logits(ours, peer, x)
    assert_close(ours.train()(x), peer.train()(x), 1e-5)


def test_a_fresh_model_is_filled_as_vit_pytorch_fills_it() -> None:
    torch.manual_seed(0)
    made = export_state_dict(archspec.build(SPECS / "vit_pytorch/pit.yaml", overrides=SMALL), "vit_pytorch")
    assert_filled_alike(made, lucid().state_dict())
