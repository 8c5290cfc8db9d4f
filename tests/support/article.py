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
