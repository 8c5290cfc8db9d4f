"""LeViT against timm, transformers and vit-pytorch; in the listing and the formulas of the source article."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import archspec
from archspec.compiler.compile import compile
from archspec.graph.block import Ref
from archspec.graph.infer import infer
from archspec.graph.node import Graph, Node
from archspec.graph.shape import Grid, Tokens
from archspec.ops.attention import BiasedAttention
from archspec.weights.load import export_state_dict, load_weights, plan_weights
from tests.support.peers import (
    SPECS,
    assert_close,
    assert_filled_alike,
    assert_same_gradients,
    assert_same_logits,
    hf,
    params,
    randomise,
    rates,
    timm,
    twin,
    variants,
)

LEVIT_128S: dict[str, Any] = {"depths": [2, 3, 4], "num_attention_heads": [4, 6, 8], "key_dim": [16, 16, 16]}
LEVIT_256: dict[str, Any] = {
    "hidden_sizes": [256, 384, 512],
    "num_attention_heads": [4, 6, 8],
    "depths": [4, 4, 4],
    "key_dim": [32, 32, 32],
}
SMALL = [f"params.{name}={value}" for name, value in {
    "image": 96, "dims": [32, 48, 64], "depths": [1, 2, 1], "heads": [2, 3, 4], "key_dim": 8}.items()]  # fmt: skip


@torch.no_grad()
def calm(peer: nn.Module) -> nn.Module:
    """Without norms in its MLPs, vit-pytorch's edition grows from layer to layer, and rounding errors with it."""
    for parameter in randomise(peer).parameters():
        if parameter.ndim > 1:
            parameter.mul_(0.5)
    return peer


def lucid(**options: Any) -> nn.Module:
    """vit-pytorch's, in the sizes of SMALL."""
    from vit_pytorch.levit import LeViT

    model: nn.Module = LeViT(
        image_size=96,
        num_classes=1000,
        dim=(32, 48, 64),
        depth=(1, 2, 1),
        heads=(2, 3, 4),
        mlp_mult=2,
        dim_key=8,
        dim_value=16,
        **options,
    )
    return model


@pytest.mark.parametrize("name", ["levit_128s", "levit_192", "levit_256", "levit_384"])
def test_timm(name: str) -> None:
    peer = randomise(timm(name))
    ours, x = twin(peer, "levit", name, source="timm")
    assert_same_logits(ours, peer, x)


def test_timm_with_convolutions_for_linear_maps() -> None:
    """The same numbers in kernels of 1×1: one realisation of ours reads both."""
    peer = randomise(timm("levit_conv_128s"))
    ours, x = twin(peer, "levit", "levit_128s")
    assert_same_logits(ours, peer, x)


def test_timm_without_a_teacher() -> None:
    peer = randomise(timm("levit_128s", distilled=False))
    ours, x = twin(peer, "levit", "levit_128s_nodistill")
    assert_same_logits(ours, peer, x)


@pytest.mark.parametrize("size", [(96, 160), (256, 112)])
def test_timm_on_an_image_that_is_no_square(size: tuple[int, int]) -> None:
    peer = randomise(timm("levit_128s", img_size=size))
    ours, x = twin(peer, "levit", "levit_128s", [f"params.image={list(size)}"])
    assert_same_logits(ours, peer, x)


@pytest.mark.parametrize(("variant", "config"), [("levit_128s", LEVIT_128S), ("levit_256", LEVIT_256)])
def test_transformers(variant: str, config: dict[str, Any]) -> None:
    peer = randomise(hf("LevitForImageClassificationWithTeacher", **config))
    ours, x = twin(peer, "levit", variant, source="hf")
    assert_same_logits(ours, peer, x)


@pytest.mark.parametrize("name", [variant for _, variant in variants("levit")])
def test_every_size_has_a_place_for_every_tensor_of_timms(name: str) -> None:
    with torch.device("meta"):
        peer = timm(name.removesuffix("_nodistill"), distilled="nodistill" not in name)
    graph = archspec.load(SPECS / "levit.yaml", name)
    assert graph.cost.params == params(peer)
    report = plan_weights(graph, peer.state_dict(), "timm")
    assert not report.faults
    assert report.filled == report.params


def test_a_training_step_with_both_heads() -> None:
    """Statistics of the batch included."""
    peer = randomise(timm("levit_128s", img_size=64))
    peer.set_distilled_training(True)
    ours, x = twin(peer, "levit", "levit_128s", ["params.image=64"])
    x = x.double()
    found, wanted = ours.double().train()(x), peer.double().train()(x)
    assert found._fields == ("logits", "distillation")
    for one, other in zip(found, wanted, strict=True):
        assert_close(one, other, 1e-12)
    for outputs in (found, wanted):
        (outputs[0].square().sum() + outputs[1].pow(3).sum()).backward()
    assert_same_gradients(ours, peer)
    for name, tensor in export_state_dict(ours, "timm").items():
        assert_close(tensor.double(), peer.state_dict()[name].double(), 1e-12, name)


def test_a_fresh_model_is_filled_as_timm_fills_it() -> None:
    """The last batch norm of every residual branch starts from 0: 20 of them."""
    torch.manual_seed(0)
    made = export_state_dict(archspec.build(SPECS / "levit.yaml", "levit_128s"), "timm")
    assert_filled_alike(made, timm("levit_128s").state_dict())
    assert sum(not tensor.any() for name, tensor in made.items() if name.endswith("bn.weight")) == 20


def test_the_authors_names() -> None:
    """As many as the state dict of their code has; its tables of places are left out, and passed over."""
    ours = archspec.build(SPECS / "levit.yaml", "levit_128s")
    made = export_state_dict(ours, "official")
    assert len(made) == 336 - 11
    shapes = {
        "patch_embed.6.c.weight": (128, 64, 3, 3),
        "blocks.0.m.attention_biases": (4, 196),
        "blocks.0.m.qkv.c.weight": (256, 128),
        "blocks.3.m.2.bn.running_var": (128,),
        "blocks.4.attention_biases": (8, 196),
        "blocks.4.kv.c.weight": (640, 128),
        "blocks.4.q.1.c.weight": (128, 128),
        "blocks.4.proj.1.c.weight": (256, 512),
        "blocks.5.m.0.c.weight": (512, 256),
        "blocks.6.m.qkv.c.weight": (384, 256),
        "head_dist.l.weight": (1000, 384),
    }
    assert {name: tuple(made[name].shape) for name in shapes} == shapes
    tables = {
        "blocks.0.m.attention_bias_idxs": torch.zeros(196, 196),
        "blocks.4.attention_bias_idxs": torch.zeros(49, 196),
    }
    report = load_weights(ours, made | tables, "official")
    assert report.filled == report.params
    assert [entry.theirs for entry in report.entries if entry.status == "DROPPED"] == [(name,) for name in tables]


def test_the_bias_of_weights_loaded_after_an_evaluation_counts() -> None:
    """No table of gathered biases goes stale, as the authors' does when weights come after eval()."""
    peer = randomise(timm("levit_128s", img_size=64))
    ours, x = twin(timm("levit_128s", img_size=64), "levit", "levit_128s", ["params.image=64"])
    ours.eval()(x)
    archspec.load_weights(ours, peer.state_dict())
    assert_same_logits(ours, peer, x)


def test_one_rate_of_drop_path_for_the_largest() -> None:
    found = rates(archspec.load(SPECS / "levit.yaml", "levit_384"))
    assert len(found) == 2 * 12 + 2
    assert set(found.values()) == {0.1}
    assert not rates(archspec.load(SPECS / "levit.yaml", "levit_256"))


@pytest.mark.parametrize("image", ["96", "[96, 160]"])
def test_the_bias_goes_by_distance(image: str) -> None:
    """Said cell by cell, for an attention that shrinks its grid and one that does not."""
    ours = archspec.build(SPECS / "levit.yaml", "levit_128s", [f"params.image={image}"])
    h, w = 6, 6 if image == "96" else 10
    cells = [(row, column) for row in range(h) for column in range(w)]
    for attention, queries in (
        (getattr(ours.stage1, "0").attn.attend, cells),
        (ours.shrink1.attn.attend, [(row, column) for row, column in cells if row % 2 == column % 2 == 0]),
    ):
        wanted = [[abs(r - y) * w + abs(c - x) for y, x in cells] for r, c in queries]
        assert attention.distance.tolist() == wanted


def test_vit_pytorch() -> None:
    peer = calm(lucid())
    ours, x = twin(peer, "vit_pytorch/levit", "levit_vit_pytorch", SMALL, "vit_pytorch")
    assert_same_logits(ours, peer, x)
    x = x.double()
    assert_close(ours.double().train()(x), peer.double().train()(x), 1e-12)


def test_vit_pytorch_gives_both_heads_in_evaluation_too() -> None:
    peer = calm(lucid(num_distill_classes=1000)).eval()
    ours, x = twin(peer, "vit_pytorch/levit", "levit_vit_pytorch_distilled", SMALL, "vit_pytorch")
    with torch.no_grad():
        for one, other in zip(ours.eval()(x), peer(x), strict=True):
            assert_close(one, other, 1e-5)


@pytest.mark.parametrize("variant", ["levit_article", "levit_article_prose"])
def test_the_article(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its listing: GELU in the MLP too. Its formulas: softmax((QKᵀ + B) / √D), Hardswish behind it."""
    from vit_pytorch import levit

    def scaled(self: Any, scores: Tensor) -> Tensor:
        bias = self.pos_bias(self.pos_indices).permute(2, 0, 1)[None]
        return (scores / self.scale + bias) * self.scale

    peer = calm(lucid())
    for feed_forward in (module for module in peer.modules() if isinstance(module, levit.FeedForward)):
        feed_forward.net[1] = nn.GELU()
    if variant == "levit_article_prose":
        monkeypatch.setattr(levit.Attention, "apply_pos_bias", scaled)
        for attention in (module for module in peer.modules() if isinstance(module, levit.Attention)):
            attention.to_out[0] = nn.Hardswish()
    ours, x = twin(peer, "vit_pytorch/levit", variant, SMALL, "vit_pytorch")
    assert_same_logits(ours, peer, x)


def test_a_fresh_model_is_filled_as_vit_pytorch_fills_it() -> None:
    torch.manual_seed(0)
    made = export_state_dict(archspec.build(SPECS / "vit_pytorch/levit.yaml", overrides=SMALL), "vit_pytorch")
    wanted = {name: tensor for name, tensor in lucid().state_dict().items() if not name.endswith("pos_indices")}
    assert_filled_alike(made, wanted)


def test_tokens_in_front_have_no_bias() -> None:
    """softmax(s · QKᵀ + B) V, entry by entry; where the class token asks or is asked, B is 0."""
    tokens = Tokens(7, 8, Grid(2, 3), ("cls",))
    names = ("q", "k", "v")
    node = Node("attend", BiasedAttention(heads=2, init="normal"), tuple(map(Ref, names)))
    model = compile(infer(Graph(dict.fromkeys(names, tokens), {"attend": node}, {"out": Ref("attend")})))
    q, k, v = torch.randn(3, 2, 7, 8, generator=torch.Generator().manual_seed(1))
    bias = torch.zeros(2, 7, 7)
    for asks, asked in product(range(6), repeat=2):
        rows, columns = abs(asks // 3 - asked // 3), abs(asks % 3 - asked % 3)
        bias[:, 1 + asks, 1 + asked] = model.attend.bias[:, 3 * rows + columns]
    q, k, v = (x.unflatten(2, (2, 4)).transpose(1, 2) for x in (q, k, v))
    wanted = ((q @ k.mT / 2 + bias).softmax(-1) @ v).transpose(1, 2).flatten(2)
    with torch.no_grad():
        assert_close(model(*(x.transpose(1, 2).flatten(2) for x in (q, k, v))), wanted, 1e-5)


def test_its_attention_fills_the_slot_of_any_layer() -> None:
    attention = "graph.blocks.attention={block: levit_attention, heads: 12}"
    ours = archspec.build(SPECS / "vit.yaml", overrides=[attention, "params.image=64", "params.depth=1"])
    assert ours(torch.randn(2, 3, 64, 64)).shape == (2, 1000)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("{block: levit_attention, heads: 4, stride: 2}", "gives back the shape that it gets"),
        ("{block: biased_attention, heads: 4}", "is a slot for one value in and one out"),
    ],
)
def test_a_misfit_is_told(config: str, message: str) -> None:
    with pytest.raises(archspec.SpecError, match=message):
        archspec.load(SPECS / "levit.yaml", overrides=[f"graph.stage1.attention={config}"])
