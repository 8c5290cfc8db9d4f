"""The source article, listing by listing: its code is that of vit-pytorch 0.20.1, whose classes are the oracle.

Each listing stands here in two sizes, rectangular where its class takes one. `auto` recognises its state dict.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import partial
from types import MethodType
from typing import Any

from torch import Tensor, nn

from tests.support.article import listing
from tests.support.laws import Case, laws
from tests.support.peers import calm

PEER = "vit-pytorch 0.20.1"
LAWS = "parameters logits export training"
SMALL = {"num_classes": 7, "dim": 48, "depth": 2, "heads": 3, "dim_head": 8, "mlp_dim": 96}
WIDE = {"num_classes": 5, "dim": 64, "depth": 3, "heads": 2, "dim_head": 24, "mlp_dim": 80}
DROPPED = {"dropout": 0.3, "emb_dropout": 0.2}
NAMES = {
    "num_classes": "classes",
    "dim_head": "head_dim",
    "cls_depth": "class_depth",
    "patch_size": "patch",
    "image_size": "image",
    "emb_dropout": "embed_dropout",
    "num_distill_classes": "distill_classes",
    "dim_key": "key_dim",
    "dim_value": "value_dim",
    "mlp_mult": "mlp_ratio",
}


def settings(sizes: dict[str, Any]) -> tuple[str, ...]:
    """The arguments of a class as parameters of its spec."""
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in sizes.items()}
    return tuple(f"params.{NAMES.get(name, name)}={value}".replace("'", "") for name, value in plain.items())


def edition(module: str, name: str, spec: str, variant: str, **options: Any) -> Iterator[Case]:
    """A listing with one patch embedding, in both sizes; and with dropout."""
    image: Any = (48, 64) if module == "vit" else 64
    for sizes, patch, held in ((SMALL, 16, LAWS), (WIDE, 8, LAWS), (SMALL | DROPPED, 16, "dropping")):
        arguments: dict[str, Any] = {"image_size": image, "patch_size": patch, **sizes, **options}
        model: partial[nn.Module] = partial(listing, module, name, **arguments)
        yield Case(PEER, f"vit_pytorch/{spec}", variant, model, held, settings(arguments))


def cross_vit() -> Iterator[Case]:
    """Branches of different widths, and of equal ones, which need no projection."""
    for small, large, heads, held in ((24, 40, 2, LAWS), (32, 32, 4, LAWS), (24, 40, 2, "dropping")):
        dropped = DROPPED if held == "dropping" else dict.fromkeys(DROPPED, 0.0)  # its own default is 0.1
        sizes: dict[str, Any] = {
            "image_size": 48, "num_classes": 7, "sm_dim": small, "lg_dim": large, "sm_patch_size": 8,
            "lg_patch_size": 16, "sm_enc_heads": heads, "lg_enc_heads": heads, "sm_enc_dim_head": 8,
            "lg_enc_dim_head": 8, "sm_enc_mlp_dim": 40, "lg_enc_mlp_dim": 56, "lg_enc_depth": 2,
            "cross_attn_heads": heads, "cross_attn_dim_head": 8, "depth": 2, **dropped,
        }  # fmt: skip
        branch = f"heads: {heads}, head_dim: 8"
        written = (
            f"params.small={{patch: 8, dim: {small}, depth: 1, {branch}, mlp_dim: 40}}",
            f"params.large={{patch: 16, dim: {large}, depth: 2, {branch}, mlp_dim: 56}}",
            f"params.fusion_heads={heads}", "params.fusion_head_dim=8", "params.image=48", "params.classes=7",
            "params.stages=2", *settings(dropped),
        )  # fmt: skip
        model: partial[nn.Module] = partial(listing, "cross_vit", "CrossViT", **sizes)
        yield Case(PEER, "vit_pytorch/cross_vit", "crossvit_article", model, held, written)


def t2t_vit(pool: str) -> Iterator[Case]:
    """Soft splits in any number."""
    for windows, channels, held in (
        (((5, 4), (3, 2), (2, 1)), 1, LAWS),
        (((3, 2), (3, 2)), 3, LAWS),
        (((3, 2), (2, 2), (2, 1), (2, 1)), 1, LAWS),
        (((3, 2), (3, 2)), 1, "dropping"),
    ):
        sizes = SMALL | (DROPPED if held == "dropping" else {})
        arguments = {"image_size": 32, "t2t_layers": windows, "channels": channels, "pool": pool, **sizes}
        model: partial[nn.Module] = partial(listing, "t2t", "T2TViT", **arguments)
        written = (*settings(sizes), "params.image=32", f"params.pool={pool}", f"inputs.image.channels={channels}",
                   f"params.windows={[list(window) for window in windows]}")  # fmt: skip
        crops = r"splits\.0\.unfold\.unfold: unfold 5×5 /4 leaves out the last row" if windows[0] == (5, 4) else None
        yield Case(PEER, "vit_pytorch/t2t_vit", "t2t_vit_article", model, held, written, crops=crops)


def pit() -> Iterator[Case]:
    """Pools between stages; one head as wide as its tokens is not projected."""
    small = {"image_size": 64, "patch_size": 16, "dim": 48, "mlp_dim": 96, "dim_head": 8}
    single = {"image_size": 48, "patch_size": 12, "dim": 40, "mlp_dim": 56, "dim_head": 40}
    for sizes, depths, heads, held in (
        (small, (1, 2, 1), (2, 3, 4), LAWS),
        (single, (1, 1, 2), (1, 2, 3), LAWS),
        (small | DROPPED, (1, 2, 1), (2, 3, 4), "dropping"),
    ):
        arguments: dict[str, Any] = {"num_classes": 7, **sizes}
        model: partial[nn.Module] = partial(listing, "pit", "PiT", depth=depths, heads=heads, **arguments)
        written = settings({**arguments, "depths": depths, "heads": heads})
        yield Case(PEER, "vit_pytorch/pit", "pit_article", model, held, written)


def cvt() -> Iterator[Case]:
    """Each stage with its own kernels, strides and widths; any image, rectangular too."""
    stages = ("emb_dim", "emb_kernel", "emb_stride", "proj_kernel", "kv_proj_stride", "heads", "depth", "mlp_mult")
    names = ("dims", "kernels", "strides", "proj_kernels", "kv_strides", "heads", "depths", "mlp_ratios")
    first = ((64, 7, 4, 3, 2, 1, 1, 4), (96, 3, 2, 3, 2, 3, 1, 4), (128, 3, 2, 3, 2, 2, 2, 4))
    second = ((24, 5, 2, 5, 3, 2, 2, 2), (40, 3, 2, 3, 1, 1, 1, 3), (56, 3, 2, 1, 2, 2, 1, 1))
    for image, rows, dropped, held in (
        ([64, 96], first, {}, LAWS),
        ([48, 48], second, {}, LAWS),
        ([48, 32], second, {"dropout": 0.3}, "dropping"),
    ):
        arguments = {f"s{s}_{name}": row[place] for s, row in enumerate(rows, 1) for place, name in enumerate(stages)}
        written = {name: [row[place] for row in rows] for place, name in enumerate(names)}
        model: partial[nn.Module] = partial(listing, "cvt", "CvT", num_classes=7, **arguments, **dropped)
        ours = settings({"image": image, "classes": 7, **written, **dropped})
        yield Case(PEER, "vit_pytorch/cvt", "cvt_article", model, held, ours)


def prose(**arguments: Any) -> nn.Module:
    """The listing as the article's text has it: Hardswish, softmax((QKᵀ + B) / √D), V of 4 D where a stage shrinks."""
    plain = listing("levit", "LeViT", **arguments)
    model: Any = plain
    attention = type(model.backbone[0].layers[0][0])

    def scaled(self: Any, scores: Tensor) -> Tensor:
        """What softmax takes, from QKᵀ / √D."""
        bias = self.pos_bias(self.pos_indices).permute(2, 0, 1)[None]
        shifted: Tensor = (scores / self.scale + bias) * self.scale
        return shifted

    size = arguments["image_size"] // 16
    for stage, heads in enumerate(arguments["heads"][:-1]):
        shrink, (dim, dim_out) = model.backbone[2 * stage + 1], arguments["dim"][stage : stage + 2]
        keys = arguments["dim_key"]
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "torch.meshgrid")
            shrink.layers[0][0] = attention(
                dim, size, 2 * heads, keys, dim_value=4 * keys, dim_out=dim_out, downsample=True
            )
        size = -(-size // 2)
    for module in list(model.modules()):
        if isinstance(module, attention):
            module.to_out[0] = nn.Hardswish()
            module.apply_pos_bias = MethodType(scaled, module)
    return plain


def levit() -> Iterator[Case]:
    """Values of any width, a distillation head with classes of its own; the article's text beside its listing."""
    small = {"image_size": 96, "num_classes": 7, "dim": (32, 48, 64), "depth": (1, 2, 1), "heads": (2, 3, 4),
             "mlp_mult": 2, "dim_key": 8, "dim_value": 18}  # fmt: skip
    wide = {"image_size": 80, "num_classes": 5, "dim": (24, 40, 56), "depth": (2, 1, 1), "heads": (1, 2, 2),
            "mlp_mult": 3, "dim_key": 6, "dim_value": 7}  # fmt: skip
    for sizes, held in ((small, LAWS), (wide, LAWS), (small | {"dropout": 0.3}, "dropping")):
        for variant, extra in (("levit_article", {}), ("levit_article_distilled", {"num_distill_classes": 9})):
            arguments = sizes | extra
            model: partial[nn.Module] = partial(listing, "levit", "LeViT", **arguments)
            yield Case(PEER, "vit_pytorch/levit", variant, model, held, levit_settings(arguments), noise=calm)
    for sizes in (small, wide):
        arguments = sizes | {"dim_value": 2 * sizes["dim_key"]}  # type: ignore[operator]
        model = partial(prose, **arguments)
        written = levit_settings(arguments)
        yield Case(PEER, "vit_pytorch/levit", "levit_article_prose", model, LAWS, written, noise=calm)


def levit_settings(arguments: dict[str, Any]) -> tuple[str, ...]:
    return settings({{"dim": "dims", "depth": "depths"}.get(name, name): value for name, value in arguments.items()})


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
    *levit(),
]

test_laws = laws(CASES)
