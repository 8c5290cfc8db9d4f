"""CrossViT against timm and vit-pytorch."""

from __future__ import annotations

import pytest
import torch
from torch import nn

import archspec
from archspec.weights.load import export_state_dict, plan_weights
from tests.support.peers import (
    SPECS,
    assert_close,
    assert_filled_alike,
    assert_same_gradients,
    assert_same_logits,
    logits,
    params,
    randomise,
    rates,
    timm,
    twin,
    variants,
)

SMALL = [f"params.{name}={value}" for name, value in {
    "image": 48, "stages": 2, "fusion_heads": 3, "fusion_head_dim": 8,
    "small.dim": 24, "small.heads": 2, "small.head_dim": 8, "small.mlp_dim": 40,
    "large.dim": 48, "large.heads": 3, "large.head_dim": 8, "large.mlp_dim": 72, "large.depth": 2}.items()]  # fmt: skip
SAME = [*SMALL, "params.small.dim=48"]


def lucid(dim: int = 24) -> nn.Module:
    """vit-pytorch's, in the sizes of SMALL."""
    from vit_pytorch.cross_vit import CrossViT

    small = {"sm_dim": dim, "sm_enc_heads": 2, "sm_enc_dim_head": 8, "sm_enc_mlp_dim": 40}
    large = {"lg_dim": 48, "lg_enc_heads": 3, "lg_enc_dim_head": 8, "lg_enc_mlp_dim": 72, "lg_enc_depth": 2}
    fusion = {"cross_attn_heads": 3, "cross_attn_dim_head": 8, "depth": 2, "dropout": 0.0, "emb_dropout": 0.0}
    model: nn.Module = CrossViT(image_size=48, num_classes=1000, **small, **large, **fusion)
    return model


@pytest.mark.parametrize(
    "name",
    ["crossvit_tiny_240", "crossvit_9_240", "crossvit_9_dagger_240", "crossvit_15_240", "crossvit_15_dagger_408"],
)
def test_timm(name: str) -> None:
    peer = randomise(timm(name))
    ours, x = twin(peer, "cross_vit", name, source="timm")
    assert_same_logits(ours, peer, x)


def test_timm_on_an_image_that_both_branches_resize() -> None:
    """The authors feed 224, which the branch with small patches enlarges; any other size is as good."""
    peer = randomise(timm("crossvit_9_dagger_240"))
    for image in (224, 200):
        ours, x = twin(peer, "cross_vit", "crossvit_9_dagger_240", [f"params.image={image}"])
        assert_same_logits(ours, peer, x)


def test_timm_on_an_image_that_is_no_square() -> None:
    peer = randomise(timm("crossvit_tiny_240", img_size=(120, 240)))
    sizes = ["params.image=[120, 240]", "params.small.image=[120, 240]", "params.large.image=[112, 224]"]
    ours, x = twin(peer, "cross_vit", "crossvit_tiny_240", sizes)
    assert_same_logits(ours, peer, x)


@pytest.mark.parametrize("name", [variant for _, variant in variants("cross_vit")])
def test_every_size_has_a_place_for_every_tensor_of_timms(name: str) -> None:
    with torch.device("meta"):
        peer = timm(name)
    graph = archspec.load(SPECS / "cross_vit.yaml", name)
    assert graph.cost.params == params(peer)
    report = plan_weights(graph, peer.state_dict(), "timm")
    assert not report.faults
    assert report.filled == report.params


def test_a_training_step() -> None:
    peer = randomise(timm("crossvit_9_dagger_240"))
    ours, x = twin(peer, "cross_vit", "crossvit_9_dagger_240", ["params.drop_path=0.0", "params.image=224"])
    x = x.double()
    found, wanted = ours.double().train()(x), peer.double().train()(x)
    assert_close(found, wanted, 1e-12)
    found.square().sum().backward()
    wanted.square().sum().backward()
    assert_same_gradients(ours, peer)


def test_a_fresh_model_is_filled_as_timm_fills_it() -> None:
    torch.manual_seed(0)
    made = export_state_dict(archspec.build(SPECS / "cross_vit.yaml", "crossvit_9_dagger_240"), "timm")
    assert_filled_alike(made, timm("crossvit_9_dagger_240").state_dict())


@pytest.mark.parametrize(
    ("name", "count"), [("crossvit_9_dagger_240", 276), ("crossvit_9_240", 268), ("crossvit_tiny_240", 304)]
)
def test_the_authors_names(name: str, count: int) -> None:
    """As many as the state dict of their code has: timm's, but for the lists of positions and tokens."""
    made = export_state_dict(archspec.build(SPECS / "cross_vit.yaml", name), "official")
    wanted = {
        key.replace("pos_embed_", "pos_embed.").replace("cls_token_", "cls_token.") for key in timm(name).state_dict()
    }
    assert made.keys() == wanted
    assert len(made) == count


def test_both_branches_climb_one_ramp_of_drop_path() -> None:
    """The rates that the authors' tiny model has at 0.1: the small branch stands at each stage's foot."""
    found = rates(archspec.load(SPECS / "cross_vit.yaml", "crossvit_tiny_240"))
    step = 0.1 / 11
    for stage in range(3):
        small = found.get(f"stages.{stage}.encode_small.layers.0.drop_path1", 0.0)
        large = [found.get(f"stages.{stage}.encode_large.layers.{j}.drop_path2", 0.0) for j in range(4)]
        fusion = [found[f"stages.{stage}.fuse_{branch}1.drop_path"] for branch in ("small", "large")]
        assert [small, *large, *fusion] == pytest.approx([step * (4 * stage + k) for k in (0, 0, 1, 2, 3, 3, 3)])


@pytest.mark.parametrize(("dim", "sizes"), [(24, SMALL), (48, SAME)])
def test_vit_pytorch(dim: int, sizes: list[str]) -> None:
    """Branches of the same width need no projections."""
    peer = randomise(lucid(dim))
    ours, x = twin(peer, "vit_pytorch/cross_vit", "crossvit_vit_pytorch", sizes, "vit_pytorch")
    assert_same_logits(ours, peer, x)
    assert_close(ours.train()(x), peer.train()(x), 1e-5)


def test_the_articles_sum_is_twice_the_authors_mean() -> None:
    peer = randomise(timm("crossvit_tiny_240"))
    ours, x = twin(
        peer, "cross_vit", "crossvit_tiny_240", ["graph.average={block: add, from: [small_head, large_head]}"]
    )
    with torch.no_grad():
        assert_close(ours.eval()(x), 2 * logits(peer.eval()(x)), 1e-5)


def test_a_fresh_model_is_filled_as_vit_pytorch_fills_it() -> None:
    torch.manual_seed(0)
    made = export_state_dict(archspec.build(SPECS / "vit_pytorch/cross_vit.yaml", overrides=SMALL), "vit_pytorch")
    assert_filled_alike(made, lucid().state_dict())
