"""CvT against transformers, whose activation is not that of the authors' code; theirs swapped in, both are the same."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from torch import nn

import archspec
from tests.support.agreement import assert_filled_alike, heads, twin
from tests.support.laws import Case, Line, laws
from tests.support.peers import SPECS, hf, randomise, variants

CVT_13: dict[str, Any] = {"depth": [1, 2, 10], "drop_path_rate": [0.0, 0.0, 0.0]}
CVT_21 = {**CVT_13, "depth": [1, 4, 16]}
TRAINED = ("params.drop_path=0.0", "params.image=96", "params.depths=[1, 2, 4]")
"""Fewer layers: in float64, with gradients, both models are held at once."""
CVT_W24 = {**CVT_13, "depth": [2, 2, 20], "num_heads": [3, 12, 16], "embed_dim": [192, 768, 1024]}


class QuickGELU(nn.Module):
    """As the authors' code has it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * (1.702 * x).sigmoid()


def cvt(config: dict[str, Any], *, official: bool = False) -> nn.Module:
    peer = hf("CvtForImageClassification", **config)
    for module in list(peer.modules()):
        if official and isinstance(getattr(module, "activation", None), nn.GELU):
            module.activation = QuickGELU()
    return peer


def transformers(variant: str, laws: str, *settings: str, **sizes: Any) -> Case:
    config = {"13": CVT_13, "21": CVT_21, "w24": CVT_W24}[variant.split("_")[1]] | sizes
    model = partial(cvt, config, official=not variant.endswith("_hf"))
    return Case("transformers", "cvt", variant, model, laws, settings, "hf")


CASES: list[Line] = [
    transformers("cvt_13", "logits export"),
    transformers("cvt_13_hf", "logits export"),
    transformers("cvt_21", "logits"),
    transformers("cvt_21_hf", "logits"),
    transformers("cvt_13_hf", "logits", "params.image=[224, 256]"),
    transformers("cvt_13_hf", "logits", "params.image=[96, 64]"),
    transformers("cvt_13", "training", *TRAINED, depth=[1, 2, 4]),
    transformers("cvt_13_hf", "training", *TRAINED, depth=[1, 2, 4]),
    *(transformers(variant, "parameters buffers") for variant in variants("cvt")),
]

test_laws = laws(CASES)


def test_the_activation_is_all_that_tells_the_editions_apart() -> None:
    peer = randomise(cvt(CVT_13))
    ours, x = twin(peer, "cvt", "cvt_13", ["params.image=64"])
    with torch.no_grad():
        actual, expected = ours.eval()(x), heads(peer.eval()(x))["logits"]
    assert (actual - expected).abs().max() > 1e-3 * expected.abs().max()


@pytest.mark.parametrize("edition", ["", "_hf"])
def test_the_heads_bias_starts_as_the_edition_has_it(edition: str) -> None:
    """The authors' code fills the head's weight, and leaves its bias as torch makes it; transformers makes it zero."""
    torch.manual_seed(0)
    ours = archspec.build(SPECS / "cvt.yaml", f"cvt_13{edition}")
    theirs = nn.Linear(384, 1000)
    if edition:
        theirs = cvt(CVT_13).classifier  # type: ignore[assignment]
    assert_filled_alike({"bias": ours.get_parameter("head.bias").detach()}, {"bias": theirs.bias.detach()})
