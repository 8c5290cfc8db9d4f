"""T2T-ViT against vit-pytorch, and against its published formulas: no package has the authors' edition."""

from __future__ import annotations

import math

import numpy
import pytest
import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional as F

import archspec
from archspec.weights.load import export_state_dict, load_weights
from tests.support.peers import SPECS, assert_close, assert_same_logits, pixels, randomise, twin

FAMILY = SPECS / "t2t_vit.yaml"


class Official:
    """The authors' model on their state dict."""

    def __init__(self, w: dict[str, Tensor], heads: int, *, train: bool = False) -> None:
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
            return torch.exp(torch.einsum("bti, mi -> btm", z, w) - (z * z).sum(-1, keepdim=True) / 2) / 32**0.5

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


@pytest.mark.parametrize(
    ("variant", "heads"),
    [("t2t_vit_7", 4), ("t2t_vit_14", 6), ("t2t_vit_t_14", 6), ("t2t_vit_14_resnext", 32), ("t2t_vit_14_se", 6),
     ("t2t_vit_dense", 8), ("t2t_vit_16_ghost", 6)],
)  # fmt: skip
def test_the_formulas(variant: str, heads: int) -> None:
    graph = archspec.load(FAMILY, variant)
    model, x = randomise(archspec.build(graph)).eval(), pixels(graph)
    with torch.no_grad():
        wanted = Official(export_state_dict(model, "official"), heads)(x)
        assert_close(model(x), wanted, 1e-5)


def test_the_formulas_in_training() -> None:
    """What a performer drops does not depend on any rate of the spec."""
    graph = archspec.load(FAMILY, "t2t_vit_7", ["params.image=64", "params.depth=2"])
    model, x = randomise(archspec.build(graph)).double().train(), pixels(graph).double()
    torch.manual_seed(7)
    wanted = Official(export_state_dict(model, "official"), 4, train=True)(x)
    torch.manual_seed(7)
    assert_close(model(x), wanted, 1e-12)


@pytest.mark.parametrize(
    ("variant", "count", "names"),
    [
        ("t2t_vit_14", 188, {"blocks.0.attn.qkv.weight": (1152, 384), "tokens_to_token.attention1.w": (32, 64)}),
        ("t2t_vit_t_14", 184, {"tokens_to_token.attention1.attn.qkv.weight": (192, 147)}),
        ("t2t_vit_14_se", 216, {"blocks.13.attn.se_layer.fc.2.weight": (384, 24)}),
        ("t2t_vit_dense", 287, {"blocks.17.linear.weight": (328, 656), "blocks.21.dense_linear.weight": (64, 520)}),
        ("t2t_vit_16_ghost", 322, {"blocks.15.attn.cheap_operation_q.weight": (192, 1, 1)}),
    ],
)  # fmt: skip
def test_names_and_shapes_are_the_authors(variant: str, count: int, names: dict[str, tuple[int, ...]]) -> None:
    w = export_state_dict(archspec.build(FAMILY, variant, device="meta"), "official")
    assert len(w) == count
    assert {name: tuple(w[name].shape) for name in names} == names


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


def test_weights_of_another_image_size_bring_their_positions_or_none() -> None:
    model = archspec.build(FAMILY, "t2t_vit_7", ["params.depth=1"])
    larger = ["params.depth=1", "params.image=256"]
    moved, anew = (
        archspec.build(FAMILY, "t2t_vit_7", [*larger, f"graph.pos_embed.recompute={policy}"])
        for policy in ("false", "true")
    )
    table = anew.pos_embed.position.clone()
    assert torch.equal(table, moved.pos_embed.position)
    for target in (moved, anew):
        load_weights(target, model.state_dict())
    assert torch.equal(anew.pos_embed.position, table)
    wanted = rearrange(model.pos_embed.position[:, 1:], "b (h w) c -> b c h w", h=14)
    wanted = F.interpolate(wanted, size=(16, 16), mode="bicubic", align_corners=False)
    assert torch.equal(moved.pos_embed.position[:, 1:], rearrange(wanted, "b c h w -> b (h w) c"))


def test_a_stage_of_the_dense_model_has_one_rate_of_drop_path() -> None:
    graph = archspec.load(FAMILY, "t2t_vit_dense", ["params.drop_path=0.1"])
    rates = {path.split(".")[0]: node.block.rate for path, node in graph.walk() if node.block.word == "drop_path"}
    assert {name: round(rate, 3) for name, rate in rates.items()} == {"stage2": 0.009, "stage3": 0.018, "stage4": 0.027}


SMALL = [f"params.{name}={value}" for name, value in {
    "image": 64, "classes": 10, "dim": 48, "depth": 2, "heads": 3, "head_dim": 8, "mlp_dim": 96}.items()]  # fmt: skip


def lucid(**options: object) -> nn.Module:
    """vit-pytorch's, in the sizes of SMALL."""
    from vit_pytorch.t2t import T2TViT

    model: nn.Module = T2TViT(
        image_size=64, num_classes=10, dim=48, depth=2, heads=3, dim_head=8, mlp_dim=96, **options
    )
    return model


@pytest.mark.parametrize("pool", ["cls", "mean"])
def test_vit_pytorch(pool: str) -> None:
    peer = randomise(lucid(pool=pool))
    ours, x = twin(peer, "vit_pytorch/t2t_vit", "t2t_vit_vit_pytorch", [*SMALL, f"params.pool={pool}"])
    assert_same_logits(ours, peer, x)


def test_the_articles_third_token_block() -> None:
    """Each split has a transformer at its full width, the last one too, where the package has none."""
    from vit_pytorch.vit import Transformer

    peer = lucid(t2t_layers=((2, 2), (2, 2), (2, 2)))
    peer.to_patch_embedding[11] = Transformer(dim=192, heads=1, depth=1, dim_head=192, mlp_dim=192)  # type: ignore[operator]
    windows = "params.windows=[[2, 2], [2, 2], [2, 2]]"
    ours, x = twin(randomise(peer), "vit_pytorch/t2t_vit", "t2t_vit_article", [*SMALL, windows])
    assert_same_logits(ours, peer, x)
    third = archspec.load(SPECS / "vit_pytorch/t2t_vit.yaml", "t2t_vit_article").find("mix3")
    assert third.shape.sizes == (196, 11907)
    assert third.cost.params == 5 * 11907**2 + 2 * 11907 + 6 * 11907
