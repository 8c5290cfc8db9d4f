"""CrossViT against timm and vit-pytorch."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from torch import nn

import archspec
from archspec.weights import export_state_dict
from tests.support.agreement import assert_close, twin
from tests.support.laws import Case, Line, Names, laws
from tests.support.peers import SPECS, lucid, randomise, rates, settings, timm, variants

SMALL = settings(
    image=48, stages=2, fusion_heads=3, fusion_head_dim=8, small={"dim": 24, "heads": 2, "head_dim": 8, "mlp_dim": 40},
    large={"dim": 48, "heads": 3, "head_dim": 8, "mlp_dim": 72, "depth": 2},
)  # fmt: skip


def crossvit(dim: int) -> nn.Module:
    """vit-pytorch's, in the sizes of SMALL, its branch of small patches `dim` wide."""
    small = {"sm_dim": dim, "sm_enc_heads": 2, "sm_enc_dim_head": 8, "sm_enc_mlp_dim": 40}
    large = {"lg_dim": 48, "lg_enc_heads": 3, "lg_enc_dim_head": 8, "lg_enc_mlp_dim": 72, "lg_enc_depth": 2}
    fusion = {"cross_attn_heads": 3, "cross_attn_dim_head": 8, "depth": 2, "dropout": 0.0, "emb_dropout": 0.0}
    return lucid("cross_vit.CrossViT", image_size=48, num_classes=1000, **small, **large, **fusion)


def timms(variant: str, laws: str, *settings: str, source: str = "timm", **options: Any) -> Case:
    return Case("timm", "cross_vit", variant, partial(timm, variant, **options), laws, settings, source)


def edition(dim: int, laws: str, *ours: str) -> Case:
    return Case("vit-pytorch", "vit_pytorch/cross_vit", "crossvit_vit_pytorch", partial(crossvit, dim), laws,
                (*SMALL, *ours), "vit_pytorch")  # fmt: skip


COUNTS = {"crossvit_9_dagger_240": 276, "crossvit_9_240": 268, "crossvit_tiny_240": 304}
CASES: list[Line] = [
    timms("crossvit_tiny_240", "logits export"),
    timms("crossvit_9_240", "logits"),
    timms("crossvit_9_dagger_240", "logits export filling"),
    timms("crossvit_15_240", "logits"),
    timms("crossvit_15_dagger_408", "logits"),
    # the authors feed 224, which the branch with small patches enlarges; any other size is as good
    timms("crossvit_9_dagger_240", "logits", "params.image=224", source="auto"),
    timms("crossvit_9_dagger_240", "logits", "params.image=200", source="auto"),
    timms("crossvit_tiny_240", "logits", "params.image=[120, 240]", "params.small.image=[120, 240]",
          "params.large.image=[112, 224]", source="auto", img_size=(120, 240)),
    timms("crossvit_9_dagger_240", "training", "params.drop_path=0.0", "params.image=224", source="auto"),
    *(timms(variant, "parameters places") for variant in variants("cross_vit")),
    *(Names("cross_vit", variant, count) for variant, count in COUNTS.items()),
    edition(24, "logits export training filling"),
    edition(48, "logits training", "params.small.dim=48"),  # branches of the same width need no projections
]  # fmt: skip

test_laws = laws(CASES)


@pytest.mark.parametrize("name", COUNTS)
def test_the_authors_names(name: str) -> None:
    """timm's, but for the lists of positions and tokens."""
    exported = export_state_dict(archspec.build(SPECS / "cross_vit.yaml", name, device="meta"), "official")
    with torch.device("meta"):
        theirs = timm(name).state_dict()
    assert exported.keys() == {
        key.replace("pos_embed_", "pos_embed.").replace("cls_token_", "cls_token.") for key in theirs
    }


def test_both_branches_climb_one_ramp_of_drop_path() -> None:
    """The rates that the authors' tiny model has at 0.1: the small branch stands at each stage's foot."""
    actual = rates(archspec.load(SPECS / "cross_vit.yaml", "crossvit_tiny_240"))
    step = 0.1 / 11
    for stage in range(3):
        small = actual.get(f"stages.{stage}.encode_small.layers.0.drop_path1", 0.0)
        large = [actual.get(f"stages.{stage}.encode_large.layers.{j}.drop_path2", 0.0) for j in range(4)]
        fusion = [actual[f"stages.{stage}.fuse_{branch}1.drop_path"] for branch in ("small", "large")]
        assert [small, *large, *fusion] == pytest.approx([step * (4 * stage + k) for k in (0, 0, 1, 2, 3, 3, 3)])


def test_the_articles_sum_is_twice_the_authors_mean() -> None:
    peer = randomise(timm("crossvit_tiny_240"))
    ours, x = twin(
        peer, "cross_vit", "crossvit_tiny_240", ["graph.average={block: add, from: [small_head, large_head]}"]
    )
    with torch.no_grad():
        assert_close(ours.eval()(x), 2 * peer.eval()(x), 1e-5)
