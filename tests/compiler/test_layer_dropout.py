"""Repetitions that are left out whole in training: drawn anew for each batch, one of them at least kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import archspec
from archspec.errors import SpecError
from archspec.language import load
from archspec.ops.layers.drop import DrawLayers

SPECS = Path(__file__).parents[2] / "specs"
VIT = ["params.image=32", "params.patch=16", "params.dim=8", "params.depth=3", "params.heads=2"]


@pytest.mark.parametrize("rate", [0.3, 0.999999])
def test_each_is_drawn_alike_and_one_is_kept(rate: float) -> None:
    torch.manual_seed(0)
    draw = DrawLayers(4, rate)
    drawn = torch.stack([draw(torch.empty(1)) for _ in range(2000)])
    assert drawn.any(1).all()
    alone = rate**4 / 4  # all would be dropped, and each is as likely to be the one that stays
    assert torch.allclose(drawn.double().mean(0), torch.tensor(1 - rate + alone).double(), atol=0.04)


def test_what_is_left_out_passes_on_what_it_was_given() -> None:
    model: Any = archspec.build(SPECS / "vit.yaml", overrides=[*VIT, "graph.blocks.layer_dropout=0.5"])
    torch.manual_seed(1)
    x = torch.randn(2, 3, 32, 32)
    seen: set[int] = set()
    given: dict[str, torch.Tensor] = {}
    for _ in range(20):
        hooks = [part.register_forward_hook(lambda _m, a, y, name=name: given.update({name: a[-1], f"{name}>": y}))
                 for name, part in model.blocks.named_children() if name in ("0", "1", "2", "draw")]  # fmt: skip
        model.train()(x)
        for hook in hooks:
            hook.remove()
        drawn = given["draw>"]
        for place in range(2):
            assert torch.equal(given[f"{place + 1}"], given[f"{place}>" if drawn[place] else f"{place}"])
        seen.add(int(drawn.sum()))
    assert seen >= {1, 2}
    assert torch.equal(model.eval()(x), model(x))


def test_a_block_of_several_outputs_is_left_out_in_all_of_them() -> None:
    small = "{patch: 8, dim: 8, depth: 1, heads: 2, head_dim: 4, mlp_dim: 8}"
    settings = [f"params.small={small}", f"params.large={small}", "params.image=32", "params.classes=3"]
    settings.append("graph.stages.layer_dropout=0.9")
    model = archspec.build(SPECS / "vit_pytorch" / "cross_vit.yaml", overrides=settings).train()
    spread = {float(model(torch.ones(1, 3, 32, 32)).detach().sum()) for _ in range(20)}
    assert 2 <= len(spread) <= 7  # one, two or all of three
    assert isinstance(model.get_submodule("stages.draw"), nn.Module)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("graph.blocks.layer_dropout=1.0", "takes a number of at least 0 and below 1, got 1.0"),
        ("graph.blocks.layer_dropout=true", "takes a number"),
        ("graph.head.layer_dropout=0.1", "graph.head is not repeated, so no repetition of it can be left out"),
        ("graph.blocks.attention.layer_dropout=0.1", "only a node can"),
    ],
)
def test_where_it_cannot_stand_is_told(setting: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        load(SPECS / "vit.yaml", None, [*VIT, setting])


def test_a_repetition_that_changes_its_shape_cannot_be_left_out() -> None:
    with pytest.raises(SpecError, match="conv makes image 32x8x8 of image 1x8x8, so it cannot be left out"):
        load(SPECS / "tutorial" / "11_conv_teacher.yaml", None, ["graph.layers.layer_dropout=0.1"])
