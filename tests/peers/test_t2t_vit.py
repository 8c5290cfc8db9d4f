"""T2T-ViT against vit-pytorch, and against its published formulas: no package has the authors' edition."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy
import pytest
import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

import archspec
from archspec.ops.layers.attention import PerformerAttention
from archspec.weights import export_state_dict, load_weights
from tests.support.agreement import assert_close
from tests.support.laws import Case, Formula, Line, Names, laws
from tests.support.peers import SPECS, lucid, pixels, randomise, rates, settings

FAMILY = SPECS / "t2t_vit.yaml"
SMALL = settings(image=64, classes=10, dim=48, depth=2, heads=3, head_dim=8, mlp_dim=96)
THEIRS: dict[str, Any] = {
    "image_size": 64, "num_classes": 10, "dim": 48, "depth": 2, "heads": 3, "dim_head": 8, "mlp_dim": 96}  # fmt: skip


class Official:
    """The authors' model on their state dict."""

    def __init__(self, w: Mapping[str, Tensor], heads: int, *, train: bool = False) -> None:
        self.w, self.heads, self.train = w, heads, train

    def __call__(self, x: Tensor) -> Tensor:
        for name, kernel, stride, padding in (("attention1", 7, 4, 2), ("attention2", 3, 2, 1)):
            tokens = F.unfold(x, kernel, stride=stride, padding=padding).mT
            tokens = self.token_block(f"tokens_to_token.{name}", tokens)
            x = rearrange(tokens, "b (h w) c -> b c h w", h=math.isqrt(tokens.shape[1]))
        x = self.linear("tokens_to_token.project", F.unfold(x, 3, stride=2, padding=1).mT)
        x = torch.cat((self.w["cls_token"].expand(len(x), -1, -1), x), 1) + self.w["pos_embed"]
        for i in range(1 + max(int(name.split(".")[1]) for name in self.w if name.startswith("blocks."))):
            x = self.block(f"blocks.{i}", x)
        return self.linear("head", self.norm("norm", x)[:, 0])

    def linear(self, name: str, x: Tensor) -> Tensor:
        return F.linear(x, self.w[f"{name}.weight"], self.w.get(f"{name}.bias"))

    def norm(self, name: str, x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], self.w[f"{name}.weight"], self.w[f"{name}.bias"], 1e-5)

    def token_block(self, name: str, x: Tensor) -> Tensor:
        """147 or 576 channels become 64; the values are the residual."""
        z = self.norm(f"{name}.norm1", x)
        if f"{name}.w" not in self.w:
            q, k, v = self.linear(f"{name}.attn.qkv", z).chunk(3, -1)
            y = (q * x.shape[-1] ** -0.5 @ k.mT).softmax(-1) @ v
            x = v + self.linear(f"{name}.attn.proj", y)
            y = F.gelu(self.linear(f"{name}.mlp.fc1", self.norm(f"{name}.norm2", x)))
            return x + self.linear(f"{name}.mlp.fc2", y)
        k, q, v = self.linear(f"{name}.kqv", z).chunk(3, -1)
        w = self.w[f"{name}.w"]

        def features(z: Tensor) -> Tensor:
            return torch.exp(torch.einsum("bti, mi -> btm", z, w) - (z * z).sum(-1, keepdim=True) / 2) / math.sqrt(32)

        q, k = features(q), features(k)
        total = torch.einsum("bti, bi -> bt", q, k.sum(1))[..., None]
        y = torch.einsum("bti, bni -> btn", q, torch.einsum("bin, bim -> bnm", v, k)) / (total + 1e-8)
        x = v + F.dropout(self.linear(f"{name}.proj", y), 0.1, self.train)
        y = F.gelu(self.linear(f"{name}.mlp.0", self.norm(f"{name}.norm2", x)))
        return x + F.dropout(self.linear(f"{name}.mlp.2", y), 0.1, self.train)

    def block(self, name: str, x: Tensor) -> Tensor:
        """A layer; in the dense model, one that adds 64 channels to its input, or a transition."""
        if f"{name}.linear.weight" in self.w:
            return F.gelu(self.linear(f"{name}.linear", x))
        y = x + self.attention(f"{name}.attn", self.norm(f"{name}.norm1", x))
        y = y + self.mlp(f"{name}.mlp", self.norm(f"{name}.norm2", y))
        if f"{name}.dense_linear.weight" in self.w:
            return torch.cat((x, self.linear(f"{name}.dense_linear", y)), 2)
        return y

    def attention(self, name: str, x: Tensor) -> Tensor:
        if f"{name}.qkv.weight" in self.w:
            q, k, v = self.linear(f"{name}.qkv", x).chunk(3, -1)
        else:
            q, k, v = (self.ghost(name, part, self.linear(f"{name}.{part}", x)) for part in "qkv")
        q, k, v = (rearrange(t, "b n (h d) -> b h n d", h=self.heads) for t in (q, k, v))
        y = (q @ k.mT * q.shape[-1] ** -0.5).softmax(-1) @ v
        y = self.linear(f"{name}.proj", rearrange(y, "b h n d -> b n (h d)"))
        if f"{name}.se_layer.fc.0.weight" in self.w:
            gate = self.linear(f"{name}.se_layer.fc.0", y.mean(1, keepdim=True)).relu()
            y = y * self.linear(f"{name}.se_layer.fc.2", gate).sigmoid()
        return y

    def ghost(self, name: str, part: str, x: Tensor) -> Tensor:
        cheap = F.conv1d(x.mT, self.w[f"{name}.cheap_operation_{part}.weight"], groups=x.shape[2])
        return torch.cat((x, cheap.mT), 2)

    def mlp(self, name: str, x: Tensor) -> Tensor:
        x = F.gelu(self.linear(f"{name}.fc1", x))
        if f"{name}.cheap_operation2.weight" in self.w:
            cheap = [F.conv1d(x.mT, self.w[f"{name}.cheap_operation{i}.weight"], groups=x.shape[2]).mT for i in (2, 3)]
            x = torch.cat((x, *map(F.gelu, cheap)), 2)
        return self.linear(f"{name}.fc2", x)


def official(heads: int, w: Mapping[str, Tensor], x: Tensor) -> Tensor:
    return Official(w, heads)(x)


@torch.no_grad()
def awake(model: nn.Module) -> nn.Module:
    """Noise that keeps a performer's exponentials away from 0: small q, k and v, random features as long as they are.

    What it attends to is then so far from the mean over all tokens that the logits tell.
    """
    for name, tensor in randomise(model).named_parameters():
        if ".kqv." in name:
            tensor.mul_(0.4)
        elif name.endswith("attend.w"):
            tensor.mul_(2)
    return model


def authors(variant: str, heads: int) -> Formula:
    return Formula("the authors' formulas", "t2t_vit", variant, partial(official, heads), noise=awake)


def edition(laws: str, *ours: str, **theirs: Any) -> Case:
    model = partial(lucid, "t2t.T2TViT", **theirs)
    return Case("vit-pytorch", "vit_pytorch/t2t_vit", "t2t_vit_vit_pytorch", model, laws, ours)


CASES: list[Line] = [
    authors("t2t_vit_7", 4),
    authors("t2t_vit_14", 6),
    authors("t2t_vit_t_14", 6),
    authors("t2t_vit_14_resnext", 32),
    authors("t2t_vit_14_se", 6),
    authors("t2t_vit_dense", 8),
    authors("t2t_vit_16_ghost", 6),
    Names("t2t_vit", "t2t_vit_14", 188,
          {"blocks.0.attn.qkv.weight": (1152, 384), "tokens_to_token.attention1.w": (32, 64)}),
    Names("t2t_vit", "t2t_vit_t_14", 184, {"tokens_to_token.attention1.attn.qkv.weight": (192, 147)}),
    Names("t2t_vit", "t2t_vit_14_se", 216, {"blocks.13.attn.se_layer.fc.2.weight": (384, 24)}),
    Names("t2t_vit", "t2t_vit_dense", 287,
          {"blocks.17.linear.weight": (328, 656), "blocks.21.dense_linear.weight": (64, 520)}),
    Names("t2t_vit", "t2t_vit_16_ghost", 322, {"blocks.15.attn.cheap_operation_q.weight": (192, 1, 1)}),
    edition("logits export training", *SMALL, "params.pool=cls", **THEIRS, pool="cls"),
    edition("logits training", *SMALL, "params.pool=mean", **THEIRS, pool="mean"),
    # other numbers in every place: what was a constant would show
    edition("logits",
            *settings(classes=7, dim=40, heads=2, head_dim=12, mlp_dim=56, image=32, depth=1,
                      windows=[[5, 2], [3, 2], [3, 2]]),
            num_classes=7, dim=40, heads=2, dim_head=12, mlp_dim=56, image_size=32, depth=1,
            t2t_layers=((5, 2), (3, 2), (3, 2))),
]  # fmt: skip

test_laws = laws(CASES)


@pytest.mark.parametrize(("variant", "image"), [("t2t_vit_7", 224), ("t2t_vit_7", 64), ("t2t_vit_dense", 64)])
def test_the_performer_is_awake_in_these_laws(variant: str, image: int) -> None:
    """Without what it attends to the logits are others: a law that did not look at it would hold all the same."""
    graph = archspec.load(FAMILY, variant, [f"params.image={image}"])
    model, x = awake(archspec.build(graph)).eval(), pixels(graph)
    performers = [part for part in model.modules() if isinstance(part, PerformerAttention)]
    assert len(performers) == 2
    with torch.no_grad():
        expected = model(x)
        for performer in performers:
            hook = performer.register_forward_hook(lambda _module, _inputs, y: torch.zeros_like(y))
            moved = model(x)
            hook.remove()
            assert (moved - expected).abs().max() > 0.01 * expected.abs().max()


def test_the_formulas_in_training() -> None:
    """What a performer drops does not depend on any rate of the spec."""
    graph = archspec.load(FAMILY, "t2t_vit_7", ["params.image=64", "params.depth=2"])
    model, x = awake(archspec.build(graph)).double().train(), pixels(graph).double()
    torch.manual_seed(7)
    expected = Official(export_state_dict(model, "official"), 4, train=True)(x)
    torch.manual_seed(7)
    assert_close(model(x), expected, 1e-12)


@pytest.mark.parametrize(
    ("variant", "trainable"),
    [("t2t_vit_7", 4255694), ("t2t_vit_14", 21465806), ("t2t_vit_14_384", 21465806), ("t2t_vit_t_24", 64000590),
     ("t2t_vit_14_wide", 25000910), ("t2t_vit_dense", 23617750), ("t2t_vit_16_ghost", 16173518)],
)  # fmt: skip
def test_positions_and_random_features_do_not_train(variant: str, trainable: int) -> None:
    graph = archspec.load(FAMILY, variant)
    assert graph.cost.params - graph.cost.frozen == trainable
    model = archspec.build(graph, device="meta")
    assert sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad) == trainable


def test_a_fresh_model_is_filled_as_the_authors_fill_it() -> None:
    """Linear maps and token N(0, 0.02²), biases 0, rows of w orthogonal and of length √32, positions waves."""
    torch.manual_seed(0)
    w = export_state_dict(archspec.build(FAMILY, "t2t_vit_7"), "official")
    first, second = (w[f"tokens_to_token.attention{i}.w"] for i in (1, 2))
    assert not torch.equal(first, second)
    assert torch.allclose(first @ first.T, 32 * torch.eye(32), atol=1e-4)
    for name in ("cls_token", "blocks.0.attn.qkv.weight", "tokens_to_token.attention1.kqv.weight", "head.weight"):
        assert float(w[name].std()) == pytest.approx(0.02, rel=0.1), name
    assert not any(w[name].any() for name in w if name.endswith(("proj.bias", "fc1.bias", "kqv.bias", "head.bias")))
    table = [[place / numpy.power(10000, 2 * (j // 2) / 256) for j in range(256)] for place in range(197)]
    waves = numpy.array(table)
    waves[:, 0::2], waves[:, 1::2] = numpy.sin(waves[:, 0::2]), numpy.cos(waves[:, 1::2])
    assert torch.equal(w["pos_embed"], torch.from_numpy(waves).float()[None])


def positions(model: nn.Module) -> Tensor:
    return model.state_dict()["pos_embed.position"]  # type: ignore[no-any-return]


def test_weights_of_another_image_size_bring_their_positions_or_none() -> None:
    model = archspec.build(FAMILY, "t2t_vit_7", ["params.depth=1"])
    larger = ["params.depth=1", "params.image=256"]
    moved, anew = (
        archspec.build(FAMILY, "t2t_vit_7", [*larger, f"graph.pos_embed.recompute={policy}"])
        for policy in ("false", "true")
    )
    table = positions(anew).clone()
    assert torch.equal(table, positions(moved))
    for target in (moved, anew):
        load_weights(target, model.state_dict())
    assert torch.equal(positions(anew), table)
    expected = rearrange(positions(model)[:, 1:], "b (h w) c -> b c h w", h=14)
    expected = F.interpolate(expected, size=(16, 16), mode="bicubic", align_corners=False)
    assert torch.equal(positions(moved)[:, 1:], rearrange(expected, "b c h w -> b (h w) c"))


def test_a_stage_of_the_dense_model_has_one_rate_of_drop_path() -> None:
    actual = rates(archspec.load(FAMILY, "t2t_vit_dense", ["params.drop_path=0.1"]))
    stages = {path.split(".")[0]: round(rate, 3) for path, rate in actual.items()}
    assert stages == {"stage2": 0.009, "stage3": 0.018, "stage4": 0.027}


def test_the_articles_third_token_block_is_as_wide_as_its_split() -> None:
    third = archspec.load(SPECS / "vit_pytorch/t2t_vit.yaml", "t2t_vit_article").find("splits.2.mix")
    assert third.shape.sizes == (196, 11907)
    assert third.cost.params == 5 * 11907**2 + 2 * 11907 + 4 * 11907
