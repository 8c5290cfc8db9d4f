"""PiT against timm and vit-pytorch, and with the pool of Xception that the source article keeps as a comment."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from torch import nn

import archspec
from tests.peers.test_deit import distilling
from tests.support.agreement import twin
from tests.support.laws import Case, Line, Names, laws
from tests.support.peers import SPECS, lucid, rates, settings, timm, variants

SMALL = settings(image=64, dim=24, depths=[1, 2, 1], heads=[1, 2, 4], head_dim=24, mlp_dim=48)
THEIRS: dict[str, Any] = {
    "image_size": 64, "patch_size": 16, "num_classes": 1000, "dim": 24, "depth": (1, 2, 1), "heads": (1, 2, 4),
    "dim_head": 24, "mlp_dim": 48}  # fmt: skip
"""The first stage has one head as wide as the tokens."""


def xception() -> nn.Module:
    """In vit-pytorch's pool the depthwise convolution widens, and a 1×1 mixes; in Xception's the 1×1 widens."""
    peer = lucid("pit.PiT", **THEIRS)
    for place, c in ((1, 24), (3, 48)):
        depthwise = nn.Conv2d(c, c, kernel_size=3, padding=1, groups=c, stride=2)
        pool: Any = peer.get_submodule(f"layers.{place}.downsample")
        pool.net = nn.Sequential(depthwise, nn.Conv2d(c, 2 * c, kernel_size=1))
    return peer


def timms(variant: str, laws: str, *settings: str, **options: Any) -> Case:
    return Case("timm", "pit", variant, partial(timm, variant, **options), laws, settings, "timm")


def edition(variant: str, model: Any, laws: str, ours: tuple[str, ...] = SMALL) -> Case:
    return Case("vit-pytorch", "vit_pytorch/pit", variant, model, laws, ours, "vit_pytorch")


CASES: list[Line] = [
    timms("pit_ti_224", "logits export"),
    timms("pit_s_224", "logits"),
    timms("pit_ti_distilled_224", "logits export filling"),
    timms("pit_s_distilled_224", "logits"),
    timms("pit_b_224", "logits"),
    timms("pit_ti_distilled_224", "logits", "params.image=[96, 160]", img_size=(96, 160)),
    timms("pit_ti_distilled_224", "logits", "params.image=[224, 80]", img_size=(224, 80)),
    Case("timm", "pit", "pit_ti_distilled_224", partial(distilling, "pit_ti_distilled_224", img_size=96), "training",
         ["params.image=96"]),
    *(timms(variant, "parameters") for variant in variants("pit")),
    Names("pit", "pit_ti_distilled_224", 162, {
        "pos_embed": (1, 64, 27, 27),
        "cls_token": (1, 2, 64),
        "patch_embed.conv.weight": (64, 3, 16, 16),
        "transformers.0.blocks.1.attn.qkv.weight": (192, 64),
        "transformers.2.blocks.3.mlp.fc1.weight": (1024, 256),
        "pools.0.conv.weight": (128, 1, 3, 3),
        "pools.0.fc.weight": (128, 64),
        "head_dist.weight": (1000, 256),
    }),
    edition("pit_vit_pytorch", partial(lucid, "pit.PiT", **THEIRS), "logits export training filling"),
    edition("pit_article_xception", xception, "logits export training"),
    # other numbers in every place: what was a constant would show
    edition("pit_vit_pytorch",
            partial(lucid, "pit.PiT", num_classes=7, dim=40, dim_head=12, mlp_dim=56, image_size=48, patch_size=12,
                    depth=(1, 1, 2), heads=(2, 2, 3)),
            "logits", settings(classes=7, dim=40, head_dim=12, mlp_dim=56, image=48, patch=12, depths=[1, 1, 2],
                               heads=[2, 2, 3])),
]  # fmt: skip

test_laws = laws(CASES)


def test_drop_path_is_the_authors_ramp_which_ends_before_its_rate() -> None:
    actual = rates(archspec.load(SPECS / "pit.yaml", "pit_s_224", ["params.drop_path=0.1"]))
    layers = [f"stage{s}.{j}" for s, depth in enumerate((2, 6, 4), 1) for j in range(depth)]
    ramp = {f"{layer}.drop_path{n}": 0.1 * k / 12 for k, layer in enumerate(layers) for n in (1, 2)}
    assert actual == pytest.approx({path: rate for path, rate in ramp.items() if rate})


def test_the_position_of_another_size_is_resampled() -> None:
    small, large = (timm("pit_ti_224", img_size=size) for size in (96, 224))
    ours, _ = twin(small, "pit", "pit_ti_224", ["params.image=96"])
    report = archspec.load_weights(ours, large.state_dict(), "timm")
    assert [entry.note for entry in report.entries if entry.status == "RESIZED"] == ["resized 27×27 → 11×11, bicubic"]
    expected = nn.functional.interpolate(large.get_parameter("pos_embed"), (11, 11), mode="bicubic")
    assert torch.equal(ours.get_parameter("pos_embed.position"), expected)
