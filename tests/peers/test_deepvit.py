"""DeepViT against vit-pytorch, and against its published formulas: no package has the authors' edition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import pytest
import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

import archspec
from archspec.blocks.re_attention import ReAttention
from archspec.compiler import compile
from archspec.graph import Graph, Node, Ref, Tokens, infer
from archspec.ops.norm import LayerNorm
from archspec.weights import export_state_dict
from tests.support.agreement import assert_close
from tests.support.laws import Case, Formula, Line, Names, laws
from tests.support.peers import SPECS, lucid, pixels, randomise, settings

SMALL = settings(image=64, classes=10, dim=48, depth=3, heads=3, head_dim=8, mlp_dim=96)


def official(w: Mapping[str, Tensor], x: Tensor, *, a: float = 1.0, again: float = 1.0, train: bool = False) -> Tensor:
    """The authors' model of 12 heads on their state dict: `a` scales branches, `again` the mixed attention maps."""

    def norm(name: str, x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"], 1e-6)

    def batch_norm(name: str, x: Tensor) -> Tensor:
        mean, var = w[f"{name}.running_mean"].clone(), w[f"{name}.running_var"].clone()
        return F.batch_norm(x, mean, var, w[f"{name}.weight"], w[f"{name}.bias"], train, eps=1e-5)

    def linear(name: str, x: Tensor) -> Tensor:
        return F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])

    def attention(name: str, x: Tensor) -> Tensor:
        q, k, v = rearrange(linear(f"{name}.qkv", x), "b n (three h d) -> three b h n d", three=3, h=12)
        maps = (q @ k.mT * q.shape[-1] ** -0.5).softmax(-1)
        if f"{name}.reatten_matrix.weight" in w:
            maps = F.conv2d(maps, w[f"{name}.reatten_matrix.weight"], w[f"{name}.reatten_matrix.bias"])
            maps = batch_norm(f"{name}.var_norm", maps) * again
        return linear(f"{name}.proj", rearrange(maps @ v, "b h n d -> b n (h d)"))

    def mlp(name: str, x: Tensor) -> Tensor:
        return linear(f"{name}.fc2", F.gelu(linear(f"{name}.fc1", x)))

    if "patch_embed.conv1.weight" in w:
        x = F.conv2d(x, w["patch_embed.conv1.weight"], stride=2, padding=3)
        x = F.conv2d(batch_norm("patch_embed.bn1", x).relu(), w["patch_embed.conv2.weight"], padding=1)
        x = batch_norm("patch_embed.bn2", x).relu()
    side = w["patch_embed.proj.weight"].shape[-1]
    x = F.conv2d(x, w["patch_embed.proj.weight"], w["patch_embed.proj.bias"], stride=side)
    x = torch.cat((w["cls_token"].expand(len(x), -1, -1), rearrange(x, "b c h w -> b (h w) c")), 1) + w["pos_embed"]
    depth = sum(name.endswith("norm1.weight") for name in w)
    for i in range(depth):
        x = x + attention(f"blocks.{i}.attn", norm(f"blocks.{i}.norm1", a * x)) / a
        x = x + mlp(f"blocks.{i}.mlp", norm(f"blocks.{i}.norm2", a * x)) / a
    return linear("head", norm("norm", x)[:, 0])


def lucids(pool: str) -> nn.Module:
    """vit-pytorch's, in the sizes of SMALL."""
    model: Any = lucid("deepvit.DeepViT", image_size=64, patch_size=16, num_classes=10, dim=48, depth=3, heads=3,
                       dim_head=8, mlp_dim=96, pool="mean")  # fmt: skip
    model.pool = pool
    return model  # type: ignore[no-any-return]


def edition(model: Callable[[], nn.Module], laws: str, *ours: str) -> Case:
    return Case("vit-pytorch", "vit_pytorch/deepvit", "deepvit_vit_pytorch", model, laws, ours)


def authors(variant: str, a: float, again: float) -> Formula:
    return Formula("the authors' formulas", "deepvit", variant, partial(official, a=a, again=again))


CASES: list[Line] = [
    authors("deepvit_patch16_224_re_attn_16b", 1.0, 1.0),
    authors("deepvit_S", 0.5, 33**-0.5),
    authors("deepvit_L", 0.5, 1.0),
    Names("deepvit", "deepvit_patch16_224_re_attn_16b", 312, {
        "blocks.15.attn.reatten_matrix.weight": (12, 12, 1, 1),
        "blocks.15.attn.var_norm.running_mean": (12,),
        "blocks.0.mlp.fc1.weight": (1152, 384),
    }),
    edition(partial(lucids, "cls"), "logits export training", *SMALL, "params.pool=cls"),
    edition(partial(lucids, "mean"), "logits training", *SMALL, "params.pool=mean"),
    # other numbers in every place: what was a constant would show
    edition(partial(lucid, "deepvit.DeepViT", num_classes=7, dim=40, heads=2, dim_head=12, mlp_dim=56, image_size=32,
                    patch_size=8, depth=2),
            "logits",
            *settings(classes=7, dim=40, heads=2, head_dim=12, mlp_dim=56, image=32, patch=8, depth=2)),
]  # fmt: skip

test_laws = laws(CASES)


def test_the_formulas_in_training() -> None:
    """Attention maps are normalised by the statistics of their batch, and those are kept."""
    overrides = ["params.depth=4", "params.plain=2", "params.image=64"]
    graph = archspec.load(SPECS / "deepvit.yaml", "deepvit_S", overrides)
    model, x = randomise(archspec.build(graph)).double().train(), pixels(graph).double()
    w = {name: tensor.clone() for name, tensor in export_state_dict(model, "official").items()}
    assert_close(model(x), official(w, x, a=0.5, again=33**-0.5, train=True), 1e-12)
    kept = export_state_dict(model, "official")
    assert not torch.equal(kept["blocks.3.attn.var_norm.running_var"], w["blocks.3.attn.var_norm.running_var"])


def test_attention_is_mixed_in_the_last_layers_of_the_small_model() -> None:
    small = export_state_dict(archspec.build(SPECS / "deepvit.yaml", "deepvit_S", device="meta"), "official")
    assert {int(name.split(".")[1]) for name in small if "reatten_matrix" in name} == set(range(11, 16))
    assert small["patch_embed.proj.weight"].shape == (396, 64, 8, 8)


def test_a_fresh_model_is_filled_as_the_authors_fill_it() -> None:
    """Linear maps, token and positions N(0, 0.02²), biases 0; the mixing of heads as torch fills a convolution."""
    torch.manual_seed(0)
    w = export_state_dict(archspec.build(SPECS / "deepvit.yaml", overrides=["params.depth=4"]), "official")
    for name in ("cls_token", "pos_embed", "blocks.0.attn.qkv.weight", "blocks.3.mlp.fc2.weight", "head.weight"):
        assert float(w[name].std()) == pytest.approx(0.02, rel=0.1), name
    assert not any(w[name].any() for name in ("blocks.0.attn.qkv.bias", "blocks.0.mlp.fc1.bias", "head.bias"))
    mixing = torch.stack([w[f"blocks.{i}.attn.reatten_matrix.weight"] for i in range(4)])
    assert mixing.abs().max() <= 12**-0.5
    assert float(mixing.std()) == pytest.approx((3 * 12) ** -0.5, rel=0.1)


@pytest.mark.parametrize("rate", [0.0, 0.4])
def test_the_articles_re_attention(rate: float) -> None:
    """Norm(θᵀ softmax(QKᵀ/√d)) V, whose norm is over the heads; nothing is dropped but at the end."""
    block = ReAttention(heads=3, head_dim=4, qkv_bias=False, mix_bias=False, norm=LayerNorm(), dropout=rate,
                        attention_dropout=0.0)  # fmt: skip
    graph = infer(Graph({"x": Tokens(6, 8)}, {"attn": Node("attn", block, (Ref("x"),))}, {"out": Ref("attn")}))
    model = randomise(compile(graph)).train()
    w, x = model.get_submodule("attn").state_dict(), torch.randn(2, 6, 8)
    q, k, v = (t.unflatten(2, (3, 4)).transpose(1, 2) for t in F.linear(x, w["qkv.weight"]).chunk(3, -1))
    maps = torch.einsum("bhij, hg -> bgij", (q @ k.mT * 4**-0.5).softmax(-1), w["mix.weight"].t())
    maps = F.layer_norm(maps.permute(0, 2, 3, 1), (3,), w["norm.weight"], w["norm.bias"]).permute(0, 3, 1, 2)
    y = F.linear((maps @ v).transpose(1, 2).flatten(2), w["proj.weight"], w["proj.bias"])
    torch.manual_seed(7)
    expected = F.dropout(y, rate)
    torch.manual_seed(7)
    assert_close(model(x), expected, 1e-5)


def test_re_attention_fills_the_slot_of_any_layer() -> None:
    graph = archspec.load(
        SPECS / "cvt.yaml", overrides=["blocks.stage.graph.layers.attention={block: re_attention, heads: $heads}"]
    )
    assert graph.find("stage3.layers.9.attn.mix").shape.text == "6x197x197"
