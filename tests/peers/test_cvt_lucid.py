"""CvT against vit-pytorch, whose code is also the source article's."""

from __future__ import annotations

from functools import partial
from typing import Any

from tests.support.laws import Case, Line, laws
from tests.support.peers import lucid, settings


def edition(laws: str, *ours: str, **theirs: Any) -> Case:
    model = partial(lucid, "cvt.CvT", **({"num_classes": 1000} | theirs))
    return Case("vit-pytorch", "vit_pytorch/cvt", "cvt_vit_pytorch", model, laws, ours, "vit_pytorch")


CASES: list[Line] = [
    edition("parameters logits filling", "params.image=224"),
    edition("logits", "params.image=[96, 160]"),
    edition("export training", "params.image=64", "params.depths=[1, 2, 4]", s3_depth=4),
    # other numbers in every place: what was a constant would show
    edition("logits", *settings(image=64, classes=7, dims=[16, 32, 48], heads=[2, 1, 3], depths=[1, 1, 2],
                        mlp_ratios=[3, 3, 3]),
            num_classes=7, s1_mlp_mult=3, s2_mlp_mult=3, s3_mlp_mult=3, s1_emb_dim=16, s1_heads=2, s1_depth=1,
            s2_emb_dim=32, s2_heads=1, s2_depth=1, s3_emb_dim=48, s3_heads=3, s3_depth=2),
]  # fmt: skip

test_laws = laws(CASES)
