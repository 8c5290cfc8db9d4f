"""ViT against vit-pytorch, and against the formulas of the package at the time of the source article."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from tests.support.laws import Case, Formula, Line, laws
from tests.support.peers import lucid, settings

SPEC = "vit_pytorch/vit"
SMALL = settings(image=[48, 64], patch=16, dim=48, depth=3, heads=3, head_dim=8, mlp_dim=96)
THEIRS: dict[str, Any] = {
    "image_size": (48, 64), "num_classes": 1000, "patch_size": 16, "dim": 48, "depth": 3, "heads": 3, "dim_head": 8,
    "mlp_dim": 96}  # fmt: skip


def article(pool: str, w: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """Plain patches; the mean is over the class token too; no norm but in the layers and in the head."""

    def linear(name: str, x: Tensor) -> Tensor:
        return F.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias"))

    def norm(name: str, x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], w[f"{name}.weight"], w[f"{name}.bias"])

    y = linear("project", x.unflatten(3, (4, 16)).unflatten(2, (3, 16)).permute(0, 2, 4, 3, 5, 1).reshape(2, 12, 768))
    y = torch.cat((w["cls.token"].expand(2, -1, -1), y), 1) + w["pos_embed.position"]
    for i in range(3):
        q, k, v = (
            part.unflatten(2, (3, 8)).transpose(1, 2)
            for part in linear(f"blocks.{i}.attn.qkv", norm(f"blocks.{i}.norm1", y)).chunk(3, -1)
        )
        attended = (q @ k.mT * 8**-0.5).softmax(-1) @ v
        y = y + linear(f"blocks.{i}.attn.proj", attended.transpose(1, 2).flatten(2))
        y = y + linear(f"blocks.{i}.mlp.fc2", F.gelu(linear(f"blocks.{i}.mlp.fc1", norm(f"blocks.{i}.norm2", y))))
    return linear("head.linear", norm("head.norm", y.mean(1) if pool == "mean" else y[:, 0]))


def edition(variant: str, laws: str, ours: tuple[str, ...], **theirs: Any) -> Case:
    return Case("vit-pytorch", SPEC, variant, partial(lucid, "vit.ViT", **theirs), laws, ours, "vit_pytorch")


CASES: list[Line] = [
    edition("vit_vit_pytorch", "logits export training filling", SMALL, **THEIRS, pool="cls"),
    edition("vit_vit_pytorch_mean", "logits export training", SMALL, **THEIRS, pool="mean"),
    # one head as wide as the tokens is not projected
    edition("vit_vit_pytorch", "logits", (*SMALL, *settings(heads=1, head_dim=48)),
            **{**THEIRS, "heads": 1, "dim_head": 48}),
    # other numbers in every place: what was a constant would show
    edition("vit_vit_pytorch", "logits",
            settings(classes=7, dim=40, heads=2, head_dim=12, mlp_dim=56, image=32, patch=8, depth=2),
            num_classes=7, dim=40, heads=2, dim_head=12, mlp_dim=56, image_size=32, patch_size=8, depth=2),
    Formula("the article", SPEC, "vit_article", partial(article, "cls"), SMALL, "archspec"),
    Formula("the article", SPEC, "vit_article_mean", partial(article, "mean"), SMALL, "archspec"),
]  # fmt: skip

test_laws = laws(CASES)
