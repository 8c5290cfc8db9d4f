"""LeViT against timm, transformers and vit-pytorch."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import archspec
from archspec.compiler import compile
from archspec.graph import Graph, Grid, Node, Ref, Tokens, infer
from archspec.ops.attention import BiasedAttention
from archspec.weights import export_state_dict, load_weights
from tests.peers.test_deit import distilling
from tests.support.agreement import assert_close, assert_same_logits, twin
from tests.support.laws import Case, Line, laws
from tests.support.peers import SPECS, calm, hf, lucid, randomise, rates, settings, timm, variants

LEVIT_128S: dict[str, Any] = {"depths": [2, 3, 4], "num_attention_heads": [4, 6, 8], "key_dim": [16, 16, 16]}
LEVIT_256: dict[str, Any] = {
    "hidden_sizes": [256, 384, 512],
    "num_attention_heads": [4, 6, 8],
    "depths": [4, 4, 4],
    "key_dim": [32, 32, 32],
}
SMALL = settings(image=96, dims=[32, 48, 64], depths=[1, 2, 1], heads=[2, 3, 4], key_dim=8)


def lucids(**options: Any) -> nn.Module:
    """vit-pytorch's, in the sizes of SMALL."""
    sizes = {"dim": (32, 48, 64), "depth": (1, 2, 1), "heads": (2, 3, 4), "mlp_mult": 2, "dim_key": 8, "dim_value": 16}
    return lucid("levit.LeViT", image_size=96, num_classes=1000, **sizes, **options)


def timms(variant: str, laws: str, *settings: str, source: str = "timm", **options: Any) -> Case:
    name = variant.removesuffix("_nodistill")
    model = partial(timm, name, distilled=name == variant, **options)
    return Case("timm", "levit", variant, model, laws, settings, source)


def transformers(variant: str, config: dict[str, Any]) -> Case:
    model = partial(hf, "LevitForImageClassificationWithTeacher", **config)
    return Case("transformers", "levit", variant, model, "logits export", source="hf")


def edition(variant: str, model: Callable[[], nn.Module], laws: str, ours: Iterable[str] = SMALL) -> Case:
    return Case("vit-pytorch", "vit_pytorch/levit", variant, model, laws, ours, "vit_pytorch", calm)


CASES: list[Line] = [
    timms("levit_128s", "logits export filling"),
    timms("levit_192", "logits"),
    timms("levit_256", "logits"),
    timms("levit_384", "logits"),
    # the same numbers in kernels of 1×1: one realisation of ours reads both
    Case("timm", "levit", "levit_128s", partial(timm, "levit_conv_128s"), "logits"),
    timms("levit_128s_nodistill", "logits export", source="auto"),
    timms("levit_128s", "logits", "params.image=[96, 160]", source="auto", img_size=(96, 160)),
    timms("levit_128s", "logits", "params.image=[256, 112]", source="auto", img_size=(256, 112)),
    Case("timm", "levit", "levit_128s", partial(distilling, "levit_128s", img_size=64), "training",
         ["params.image=64"]),
    *(timms(variant, "parameters places") for variant in variants("levit")),
    transformers("levit_128s", LEVIT_128S),
    transformers("levit_256", LEVIT_256),
    edition("levit_vit_pytorch", lucids, "logits export training filling"),
    edition("levit_vit_pytorch_distilled", partial(lucids, num_distill_classes=1000), "logits training"),
    # other numbers in every place: what was a constant would show
    edition("levit_vit_pytorch",
            partial(lucid, "levit.LeViT", image_size=64, num_classes=7, dim=(24, 40, 56), depth=(2, 1, 1),
                    heads=(1, 2, 2), mlp_mult=3, dim_key=6, dim_value=18),
            "logits", settings(image=64, classes=7, dims=[24, 40, 56], depths=[2, 1, 1], heads=[1, 2, 2], mlp_ratio=3,
                               key_dim=6, value_dim=18)),
]  # fmt: skip

test_laws = laws(CASES)


def test_the_last_norm_of_every_residual_branch_starts_from_0() -> None:
    exported = export_state_dict(archspec.build(SPECS / "levit.yaml", "levit_128s"), "timm")
    assert sum(not tensor.any() for name, tensor in exported.items() if name.endswith("bn.weight")) == 20


def test_the_authors_names() -> None:
    """As many as the state dict of their code has, its tables of places too, which loading passes over."""
    ours = archspec.build(SPECS / "levit.yaml", "levit_128s")
    exported = export_state_dict(ours, "official")
    assert len(exported) == 336
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
    assert {name: tuple(exported[name].shape) for name in shapes} == shapes
    tables = [name for name in exported if name.endswith("attention_bias_idxs")]
    assert len(tables) == 11
    assert torch.equal(exported["blocks.0.m.attention_bias_idxs"], places(14, 1))
    assert torch.equal(exported["blocks.4.attention_bias_idxs"], places(14, 2))
    report = load_weights(ours, exported, "official")
    assert report.filled == report.params
    assert [entry.theirs for entry in report.entries if entry.status == "DROPPED"] == [(name,) for name in tables]


def places(side: int, stride: int) -> Tensor:
    """Their `attention_bias_idxs` for a square: distances are numbered as they come, over every pair of cells."""
    cells = list(product(range(side), range(side)))
    numbers: dict[tuple[int, int], int] = {}
    rows = [
        [numbers.setdefault((abs(row - y), abs(column - x)), len(numbers)) for y, x in cells]
        for row, column in product(range(0, side, stride), range(0, side, stride))
    ]
    return torch.tensor(rows)


def test_the_bias_of_weights_loaded_after_an_evaluation_counts() -> None:
    """No table of gathered biases goes stale, as the authors' does when weights come after eval()."""
    peer = randomise(timm("levit_128s", img_size=64))
    ours, x = twin(timm("levit_128s", img_size=64), "levit", "levit_128s", ["params.image=64"])
    ours.eval()(x)
    archspec.load_weights(ours, peer.state_dict())
    assert_same_logits(ours, peer, x)


def test_one_rate_of_drop_path_for_the_largest() -> None:
    actual = rates(archspec.load(SPECS / "levit.yaml", "levit_384"))
    assert len(actual) == 2 * 12 + 2
    assert set(actual.values()) == {0.1}
    assert not rates(archspec.load(SPECS / "levit.yaml", "levit_256"))


@pytest.mark.parametrize("image", ["96", "[96, 160]"])
def test_the_bias_goes_by_distance(image: str) -> None:
    """Said cell by cell, for an attention that shrinks its grid and one that does not."""
    ours = archspec.build(SPECS / "levit.yaml", "levit_128s", [f"params.image={image}"])
    h, w = 6, 6 if image == "96" else 10
    cells = [(row, column) for row in range(h) for column in range(w)]
    for attention, queries in (
        ("stage1.0.attn.attend", cells),
        ("shrink1.attn.attend", [(row, column) for row, column in cells if row % 2 == column % 2 == 0]),
    ):
        expected = [[abs(r - y) * w + abs(c - x) for y, x in cells] for r, c in queries]
        distance = ours.get_buffer(f"{attention}.distance")
        assert distance.tolist() == expected


def test_tokens_in_front_have_no_bias() -> None:
    """softmax(s · QKᵀ + B) V, entry by entry; where the class token asks or is asked, B is 0."""
    tokens = Tokens(7, 8, Grid(2, 3), ("cls",))
    names = ("q", "k", "v")
    node = Node("attend", BiasedAttention(heads=2, init="normal"), tuple(map(Ref, names)))
    model: Any = compile(infer(Graph(dict.fromkeys(names, tokens), {"attend": node}, {"out": Ref("attend")})))
    q, k, v = torch.randn(3, 2, 7, 8, generator=torch.Generator().manual_seed(1))
    bias = torch.zeros(2, 7, 7)
    for asks, asked in product(range(6), repeat=2):
        rows, columns = abs(asks // 3 - asked // 3), abs(asks % 3 - asked % 3)
        bias[:, 1 + asks, 1 + asked] = model.attend.bias[:, 3 * rows + columns]
    q, k, v = (x.unflatten(2, (2, 4)).transpose(1, 2) for x in (q, k, v))
    expected = ((q @ k.mT / 2 + bias).softmax(-1) @ v).transpose(1, 2).flatten(2)
    with torch.no_grad():
        assert_close(model(*(x.transpose(1, 2).flatten(2) for x in (q, k, v))), expected, 1e-5)


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
