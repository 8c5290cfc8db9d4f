"""The package whose code the source article lists, vit-pytorch 0.20.1, in a folder of its own beside the newer one."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

REQUIREMENT = "vit-pytorch==0.20.1"
LISTINGS = {
    "deepvit_article": ("DeepViT", "`deepvit.DeepViT`"),
    "vit_article": ("DeiT", "`vit.ViT`, the student alone"),
    "vit_article_mean": ("DeiT", "`vit.ViT` with the mean"),
    "vit_article_distilled": ("DeiT", "`distill.DistillableViT` in `DistillWrapper`"),
    "vit_article_mean_distilled": ("DeiT", "`distill.DistillableViT` with the mean, in `DistillWrapper`"),
    "t2t_vit_article_distilled": ("DeiT", "`distill.DistillableT2TViT` in `DistillWrapper`"),
    "cait_article": ("CaiT", "`cait.CaiT`"),
    "cait_article_formulas": ("CaiT", "its formulas"),
    "t2t_vit_article": ("T2T-ViT", "`t2t.T2TViT`"),
    "t2t_vit_article_deepvit": ("T2T-ViT", "`t2t.T2TViT` with a `transformer` of `deepvit`"),
    "crossvit_article": ("Cross-ViT", "`cross_vit.CrossViT`"),
    "pit_article": ("PiT", "`pit.PiT`"),
    "pit_article_xception": ("PiT", "`pit.PiT` with the pool that it keeps as a comment"),
    "levit_article": ("LeViT", "`levit.LeViT`"),
    "levit_article_distilled": ("LeViT", "`levit.LeViT` with `num_distill_classes`"),
    "levit_article_prose": ("LeViT", "`levit.LeViT` changed to what its text says"),
    "cvt_article": ("CvT", "`cvt.CvT`"),
}
"""By variant: the section of the article, and what of it the variant is equal to."""
FOLDER = Path(__file__).parents[2] / ".article"


def install() -> Path:
    """The folder that holds the package; pip fills it once. Several test workers may ask at the same time."""
    if not FOLDER.is_dir():
        aside = FOLDER.with_name(f".article-{os.getpid()}")
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(aside), REQUIREMENT]
        subprocess.run(command, check=True, timeout=600)
        try:
            aside.rename(FOLDER)
        except OSError:  # another worker was first
            if not FOLDER.is_dir():
                raise
    return FOLDER


@contextmanager
def article() -> Iterator[ModuleType]:
    """The old package under its own name, in place of the newer one for as long as the context lasts."""
    newer = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "vit_pytorch"}
    for name in newer:
        del sys.modules[name]
    sys.path.insert(0, str(install()))
    try:
        yield importlib.import_module("vit_pytorch")
    finally:
        sys.path.remove(str(FOLDER))
        for name in [name for name in sys.modules if name.partition(".")[0] == "vit_pytorch"]:
            del sys.modules[name]
        sys.modules.update(newer)


def listing(module: str, name: str, **arguments: Any) -> nn.Module:
    """One of the old package's models."""
    with article(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "torch.meshgrid")
        model: nn.Module = getattr(importlib.import_module(f"vit_pytorch.{module}"), name)(**arguments)
    return model
