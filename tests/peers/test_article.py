"""The source article, listing by listing: its code is that of vit-pytorch 0.20.1, whose classes are the oracle.

Each listing stands here in two sizes, rectangular where its class takes one. `auto` recognises its state dict.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from torch import nn

from tests.support.article import listing
from tests.support.laws import Case, laws

PEER = "vit-pytorch 0.20.1"
LAWS = "parameters logits export training"
SMALL = {"num_classes": 7, "dim": 48, "depth": 2, "heads": 3, "dim_head": 8, "mlp_dim": 96}
WIDE = {"num_classes": 5, "dim": 64, "depth": 3, "heads": 2, "dim_head": 24, "mlp_dim": 80}
NAMES = {
    "num_classes": "classes",
    "dim_head": "head_dim",
    "cls_depth": "class_depth",
    "patch_size": "patch",
    "image_size": "image",
}


def settings(sizes: dict[str, Any]) -> tuple[str, ...]:
    """The arguments of a class as parameters of its spec."""
    return tuple(f"params.{NAMES.get(name, name)}={value}".replace("'", "") for name, value in sizes.items())


def edition(module: str, name: str, spec: str, variant: str, **options: Any) -> Iterator[Case]:
    """A listing with one patch embedding, in both sizes."""
    for sizes, patch in ((SMALL, 16), (WIDE, 8)):
        arguments: dict[str, Any] = {"patch_size": patch, **sizes, **options}
        image: Any = (48, 64) if module == "vit" else 64
        model: partial[nn.Module] = partial(listing, module, name, image_size=image, **arguments)
        written = f"params.image={list(image) if module == 'vit' else image}"
        yield Case(PEER, f"vit_pytorch/{spec}", variant, model, LAWS, (written, *settings(arguments)))


def cross_vit() -> Iterator[Case]:
    """Branches of different widths, and of equal ones, which need no projection."""
    for small, large, heads in ((24, 40, 2), (32, 32, 4)):
        sizes: dict[str, Any] = {
            "image_size": 48, "num_classes": 7, "sm_dim": small, "lg_dim": large, "sm_patch_size": 8,
            "lg_patch_size": 16, "sm_enc_heads": heads, "lg_enc_heads": heads, "sm_enc_dim_head": 8,
            "lg_enc_dim_head": 8, "sm_enc_mlp_dim": 40, "lg_enc_mlp_dim": 56, "lg_enc_depth": 2,
            "cross_attn_heads": heads, "cross_attn_dim_head": 8, "depth": 2, "dropout": 0.0, "emb_dropout": 0.0,
        }  # fmt: skip
        branch = f"heads: {heads}, head_dim: 8"
        written = (
            f"params.small={{patch: 8, dim: {small}, depth: 1, {branch}, mlp_dim: 40}}",
            f"params.large={{patch: 16, dim: {large}, depth: 2, {branch}, mlp_dim: 56}}",
            f"params.fusion_heads={heads}", "params.fusion_head_dim=8", "params.image=48", "params.classes=7",
            "params.stages=2",
        )  # fmt: skip
        model: partial[nn.Module] = partial(listing, "cross_vit", "CrossViT", **sizes)
        yield Case(PEER, "vit_pytorch/cross_vit", "crossvit_article", model, LAWS, written)


def t2t_vit(pool: str) -> Iterator[Case]:
    """Soft splits in any number."""
    for windows, channels in (
        (((5, 4), (3, 2), (2, 1)), 1),
        (((3, 2), (3, 2)), 3),
        (((3, 2), (2, 2), (2, 1), (2, 1)), 1),
    ):
        arguments = {"image_size": 32, "t2t_layers": windows, "channels": channels, "pool": pool, **SMALL}
        model: partial[nn.Module] = partial(listing, "t2t", "T2TViT", **arguments)
        written = (*settings(SMALL), "params.image=32", f"params.pool={pool}", f"inputs.image.channels={channels}",
                   f"params.windows={[list(window) for window in windows]}")  # fmt: skip
        crops = r"splits\.0\.unfold\.unfold: unfold 5×5 /4 leaves out the last row" if windows[0] == (5, 4) else None
        yield Case(PEER, "vit_pytorch/t2t_vit", "t2t_vit_article", model, LAWS, written, crops=crops)


def pit() -> Iterator[Case]:
    """Pools between stages; one head as wide as its tokens is not projected."""
    for sizes, depths, heads in (
        ({"image_size": 64, "patch_size": 16, "dim": 48, "mlp_dim": 96, "dim_head": 8}, (1, 2, 1), (2, 3, 4)),
        ({"image_size": 48, "patch_size": 12, "dim": 40, "mlp_dim": 56, "dim_head": 12}, (1, 1, 2), (2, 2, 3)),
    ):
        arguments: dict[str, Any] = {"num_classes": 7, **sizes}
        model: partial[nn.Module] = partial(listing, "pit", "PiT", depth=depths, heads=heads, **arguments)
        written = settings({**arguments, "depths": list(depths), "heads": list(heads)})
        yield Case(PEER, "vit_pytorch/pit", "pit_vit_pytorch", model, LAWS, written)


def cvt() -> Iterator[Case]:
    """Each stage with its own kernels, strides and widths; any image, rectangular too."""
    stages = ("emb_dim", "emb_kernel", "emb_stride", "proj_kernel", "kv_proj_stride", "heads", "depth", "mlp_mult")
    names = ("dims", "kernels", "strides", "proj_kernels", "kv_strides", "heads", "depths", "mlp_ratios")
    for image, rows in (
        ([64, 96], ((64, 7, 4, 3, 2, 1, 1, 4), (96, 3, 2, 3, 2, 3, 1, 4), (128, 3, 2, 3, 2, 2, 2, 4))),
        ([48, 48], ((24, 5, 2, 5, 3, 2, 2, 2), (40, 3, 2, 3, 1, 1, 1, 3), (56, 3, 2, 1, 2, 2, 1, 1))),
    ):
        arguments = {f"s{s}_{name}": row[place] for s, row in enumerate(rows, 1) for place, name in enumerate(stages)}
        written = {name: [row[place] for row in rows] for place, name in enumerate(names)}
        model: partial[nn.Module] = partial(listing, "cvt", "CvT", num_classes=7, **arguments)
        ours = settings({"image": image, "classes": 7, **written})
        yield Case(PEER, "vit_pytorch/cvt", "cvt_article", model, LAWS, ours)


CASES = [
    *edition("vit", "ViT", "vit", "vit_article"),
    *edition("vit", "ViT", "vit", "vit_article_mean", pool="mean"),
    *edition("deepvit", "DeepViT", "deepvit", "deepvit_article"),
    *edition("deepvit", "DeepViT", "deepvit", "deepvit_article", pool="mean"),
    *edition("cait", "CaiT", "cait", "cait_article", cls_depth=2),
    *cross_vit(),
    *t2t_vit("cls"),
    *t2t_vit("mean"),
    *pit(),
    *cvt(),
]

test_laws = laws(CASES)
