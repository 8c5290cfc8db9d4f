"""CaiT against timm and vit-pytorch, and against the formulas of the source article."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import archspec
from archspec.blocks.class_attention import ClassAttention
from archspec.blocks.class_layer import ClassLayer
from archspec.compiler import compile
from archspec.graph import Graph, Node, Ref, Tokens, infer
from archspec.weights import export_state_dict
from tests.support.agreement import assert_filled_alike
from tests.support.laws import Case, Formula, Line, laws
from tests.support.peers import SPECS, lucid, randomise, rates, settings, timm

SMALL = settings(image=64, classes=10, dim=48, depth=26, heads=3, head_dim=8, mlp_dim=96)
THEIRS: dict[str, Any] = {
    "image_size": 64, "patch_size": 16, "num_classes": 10, "dim": 48, "depth": 26, "cls_depth": 2, "heads": 3,
    "dim_head": 8, "mlp_dim": 96}  # fmt: skip
SIZES = """
    cait_xxs24_224 cait_xxs24_384 cait_xxs36_224 cait_xxs36_384 cait_xs24_384
    cait_s24_224 cait_s24_384 cait_s36_384 cait_m36_384 cait_m48_448
""".split()
"""The variants that timm has too."""


def article(w: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """Plain patches; q, k and v with a bias; no mixing; in the class layers K and V read [norm(cls), patches]."""

    def linear(name: str, x: Tensor) -> Tensor:
        return F.linear(x, w[f"{name}.weight"], w[f"{name}.bias"])

    def norm(name: str, x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"])

    def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        q, k, v = (t.unflatten(2, (3, 8)).transpose(1, 2) for t in (q, k, v))
        mixed: Tensor = (q @ k.mT * 8**-0.5).softmax(-1) @ v
        return mixed.transpose(1, 2).flatten(2)

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
    return linear("head", norm("norm", token[:, 0]))


def timms(variant: str, laws: str, *settings: str, **options: Any) -> Case:
    return Case("timm", "cait", variant, partial(timm, variant, **options), laws, settings, "timm")


def edition(laws: str, ours: tuple[str, ...], **theirs: Any) -> Case:
    model = partial(lucid, "cait.CaiT", **theirs)
    return Case("vit-pytorch", "vit_pytorch/cait", "cait_vit_pytorch", model, laws, ours, "vit_pytorch")


CASES: list[Line] = [
    timms("cait_xxs24_224", "logits export"),
    timms("cait_xxs36_224", "logits"),
    timms("cait_s24_224", "logits"),
    timms("cait_xxs24_224", "training", "params.image=32", "params.depth=2", img_size=32, depth=2),
    *(timms(variant, "parameters places") for variant in SIZES),
    edition("logits export training", SMALL, **THEIRS),
    # other numbers in every place: what was a constant would show
    edition("logits", settings(classes=7, dim=40, heads=2, head_dim=12, mlp_dim=56, image=32, patch=8, depth=3,
                               class_depth=1),
            num_classes=7, dim=40, heads=2, dim_head=12, mlp_dim=56, image_size=32, patch_size=8, depth=3, cls_depth=1),
    Formula("the article", "vit_pytorch/cait", "cait_article_formulas", article, SMALL, "archspec"),
]  # fmt: skip

test_laws = laws(CASES)


def test_a_fresh_model_is_filled_as_timm_fills_it() -> None:
    """timm draws its class token closer to 0 than the authors; all other tensors have the same mean and spread."""
    torch.manual_seed(0)
    actual = export_state_dict(archspec.build(SPECS / "cait.yaml", "cait_xxs24_224"), "timm")
    expected = timm("cait_xxs24_224").state_dict()
    assert float(actual["cls_token"].std()) == pytest.approx(0.02, rel=0.2)
    expected["cls_token"] = actual["cls_token"]
    assert_filled_alike(actual, expected)


def test_the_rate_of_drop_path_is_one_for_all_and_none_in_the_class_layers() -> None:
    actual = rates(archspec.load(SPECS / "cait.yaml", overrides=["params.drop_path=0.05"]))
    assert set(actual.values()) == {0.05}
    assert {path.split(".")[0] for path in actual} == {"blocks"}
    assert len(actual) == 48


def test_layer_scale_starts_from_a_number_by_the_layers_place() -> None:
    """The rule of vit-pytorch and of the source article, as vit-pytorch carries it out."""
    actual = export_state_dict(archspec.build(SPECS / "vit_pytorch/cait.yaml", overrides=SMALL), "vit_pytorch")
    for name, tensor in lucid("cait.CaiT", **THEIRS).state_dict().items():
        if name.endswith("scale"):
            assert torch.equal(actual[name], tensor), name
            assert tensor.unique().numel() == 1


def test_talking_heads_fill_the_slot_of_any_layer() -> None:
    graph = archspec.load(
        SPECS / "vit.yaml", overrides=["graph.blocks.attention={block: talking_heads_attention, heads: 12}"]
    )
    plain = archspec.load(SPECS / "vit.yaml")
    assert graph.cost.params - plain.cost.params == 12 * 2 * (12 * 12 + 12)


def test_a_class_layer_leaves_its_context_alone() -> None:
    layer = ClassLayer(attention=ClassAttention(heads=2))
    inputs = {"token": Tokens(1, 8, None, ("cls",)), "context": Tokens(5, 8)}
    nodes = {
        "first": Node("first", layer, (Ref("token"), Ref("context"))),
        "second": Node("second", layer, (Ref("first"), Ref("context"))),
    }
    graph = infer(Graph(inputs, nodes, {"out": Ref("second")}))
    assert graph.shape(Ref("second")) == inputs["token"]
    model = randomise(compile(graph)).eval()
    first, second = model.get_submodule("first"), model.get_submodule("second")
    token, context = torch.randn(2, 1, 8), torch.randn(2, 5, 8)
    with torch.no_grad():
        assert torch.equal(model(token, context), second(first(token, context), context))
