"""CaiT against timm and vit-pytorch, and against the formulas of the source article."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import archspec
from archspec.blocks.class_attention import ClassAttention
from archspec.blocks.class_layer import ClassLayer
from archspec.compiler.compile import compile
from archspec.graph.block import Ref
from archspec.graph.infer import infer
from archspec.graph.node import Graph, Node
from archspec.graph.shape import Tokens
from archspec.weights.load import export_state_dict, plan_weights
from tests.support.peers import (
    SPECS,
    assert_close,
    assert_same_gradients,
    assert_same_logits,
    params,
    pixels,
    randomise,
    timm,
    twin,
)

SMALL = [f"params.{name}={value}" for name, value in {
    "image": 64, "classes": 10, "dim": 48, "depth": 26, "heads": 3, "head_dim": 8, "mlp_dim": 96}.items()]  # fmt: skip


def lucid() -> nn.Module:
    """vit-pytorch's, in the sizes of SMALL."""
    from vit_pytorch.cait import CaiT

    model: nn.Module = CaiT(
        image_size=64, patch_size=16, num_classes=10, dim=48, depth=26, cls_depth=2, heads=3, dim_head=8, mlp_dim=96
    )
    return model


@pytest.mark.parametrize("name", ["cait_xxs24_224", "cait_xxs36_224", "cait_s24_224"])
def test_timm(name: str) -> None:
    peer = randomise(timm(name))
    ours, x = twin(peer, "cait", name, source="timm")
    assert_same_logits(ours, peer, x)


@pytest.mark.parametrize(
    "name",
    [
        "cait_xxs24_224",
        "cait_xxs24_384",
        "cait_xxs36_224",
        "cait_xxs36_384",
        "cait_xs24_384",
        "cait_s24_224",
        "cait_s24_384",
        "cait_s36_384",
        "cait_m36_384",
        "cait_m48_448",
    ],
)
def test_every_size_of_timm_has_a_place_for_every_tensor(name: str) -> None:
    with torch.device("meta"):
        peer = timm(name)
    graph = archspec.load(SPECS / "cait.yaml", name)
    assert graph.cost.params == params(peer)
    report = plan_weights(graph, peer.state_dict(), "timm")
    assert not report.faults
    assert report.filled == report.params


def test_a_training_step() -> None:
    peer = randomise(timm("cait_xxs24_224", img_size=32, depth=2))
    ours, x = twin(peer, "cait", "cait_xxs24_224", ["params.image=32", "params.depth=2"])
    ours, peer, x = ours.double().train(), peer.double().train(), x.double()
    found, wanted = ours(x), peer(x)
    assert_close(found, wanted, 1e-12)
    found.square().sum().backward()
    wanted.square().sum().backward()
    assert_same_gradients(ours, peer)


def test_a_fresh_model_is_filled_as_timm_fills_it() -> None:
    """timm draws its class token closer to 0 than the authors; all other tensors have the same mean and spread."""
    torch.manual_seed(0)
    made = export_state_dict(archspec.build(SPECS / "cait.yaml", "cait_xxs24_224"), "timm")
    wanted = timm("cait_xxs24_224").state_dict()
    assert made.keys() == wanted.keys()
    assert float(made["cls_token"].std()) == pytest.approx(0.02, rel=0.2)
    for name in wanted.keys() - {"cls_token"}:
        spread, count = float(wanted[name].std(correction=0)), wanted[name].numel()
        assert float(made[name].mean() - wanted[name].mean()) == pytest.approx(0, abs=6 * spread * (2 / count) ** 0.5)
        assert float(made[name].std(correction=0)) == pytest.approx(spread, rel=6 * count**-0.5, abs=1e-9), name


def test_the_rate_of_drop_path_is_one_for_all_and_none_in_the_class_layers() -> None:
    graph = archspec.load(SPECS / "cait.yaml", overrides=["params.drop_path=0.05"])
    rates = {path: node.block.rate for path, node in graph.walk() if node.block.word == "drop_path"}
    assert set(rates.values()) == {0.05}
    assert {path.split(".")[0] for path in rates} == {"blocks"}
    assert len(rates) == 48


def test_vit_pytorch() -> None:
    peer = randomise(lucid())
    ours, x = twin(peer, "vit_pytorch/cait", "cait_vit_pytorch", SMALL, "vit_pytorch")
    assert_same_logits(ours, peer, x)


def test_layer_scale_starts_from_a_number_by_the_layers_place() -> None:
    """The rule of vit-pytorch and of the source article, as vit-pytorch carries it out."""
    made = export_state_dict(archspec.build(SPECS / "vit_pytorch/cait.yaml", overrides=SMALL), "vit_pytorch")
    for name, tensor in lucid().state_dict().items():
        if name.endswith("scale"):
            assert torch.equal(made[name], tensor), name
            assert tensor.unique().numel() == 1


def test_the_article_is_its_formulas() -> None:
    """Plain patches; q, k and v with a bias; no mixing; in the class layers K and V read [norm(cls), patches]."""
    graph = archspec.load(SPECS / "vit_pytorch/cait.yaml", "cait_article", SMALL)
    model, x = randomise(archspec.build(graph)), pixels(graph)
    w = model.state_dict()

    def linear(name: str, x: Tensor) -> Tensor:
        return F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])

    def norm(name: str, x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"])

    def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        q, k, v = (t.unflatten(2, (3, 8)).transpose(1, 2) for t in (q, k, v))
        return ((q @ k.mT * 8**-0.5).softmax(-1) @ v).transpose(1, 2).flatten(2)

    def layer(name: str, x: Tensor, context: Tensor | None = None) -> Tensor:
        z = norm(f"{name}.norm1", x)
        if context is None:
            y = attend(*linear(f"{name}.attn.qkv", z).chunk(3, -1))
        else:
            z = torch.cat((z, context), 1)
            y = attend(linear(f"{name}.attn.q", z[:, :1]), linear(f"{name}.attn.k", z), linear(f"{name}.attn.v", z))
        x = x + linear(f"{name}.attn.proj", y) * w[f"{name}.layer_scale1.gamma"]
        y = linear(f"{name}.mlp.fc2", F.gelu(linear(f"{name}.mlp.fc1", norm(f"{name}.norm2", x))))
        return x + y * w[f"{name}.layer_scale2.gamma"]

    patches = x.unflatten(3, (4, 16)).unflatten(2, (4, 16)).permute(0, 2, 4, 3, 5, 1).reshape(2, 16, 768)
    y = linear("project", patches) + w["pos_embed.position"]
    for i in range(26):
        y = layer(f"blocks.{i}", y)
    token = w["cls.token"].expand(2, -1, -1)
    for i in range(2):
        token = layer(f"class_blocks.{i}", token, y)
    wanted = linear("head", norm("norm", token[:, 0]))
    with torch.no_grad():
        found = model.eval()(x)
    assert_close(found, wanted, 1e-5)


def test_talking_heads_fill_the_slot_of_any_layer() -> None:
    graph = archspec.load(
        SPECS / "vit.yaml", overrides=["graph.blocks.attention={block: talking_heads_attention, heads: 12}"]
    )
    plain = archspec.load(SPECS / "vit.yaml")
    assert graph.cost.params - plain.cost.params == 12 * 2 * (12 * 12 + 12)


def test_a_class_layer_leaves_its_context_alone() -> None:
    layer = ClassLayer(attention=ClassAttention(heads=2))
    inputs = {"token": Tokens(1, 8, None, ("cls",)), "context": Tokens(5, 8)}
    first = Node("first", layer, (Ref("token"), Ref("context")))
    second = Node("second", layer, (Ref("first"), Ref("context")))
    graph = infer(Graph(inputs, {"first": first, "second": second}, {"out": Ref("second")}))
    assert graph.shape(Ref("second")) == inputs["token"]
    model = randomise(compile(graph)).eval()
    token, context = torch.randn(2, 1, 8), torch.randn(2, 5, 8)
    with torch.no_grad():
        assert torch.equal(model(token, context), model.second(model.first(token, context), context))
