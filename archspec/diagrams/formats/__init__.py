"""What a figure is written as. The folder is the registry: every file in it is a format, and states it as `FORMAT`.

A format imports what is heavy only where it writes, so that all of them can be looked at at no cost.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from archspec.diagrams.format import Format

_NAMES = sorted(module.name for module in iter_modules(__path__))
REGISTRY: dict[str, Format] = {name: import_module(f"{__name__}.{name}").FORMAT for name in _NAMES}
"""Every format by its name."""

SUFFIXES = {suffix: name for name, format in REGISTRY.items() for suffix in format.suffixes}
"""The format of a suffix that is not a format's name."""

__all__ = ["REGISTRY", "SUFFIXES"]
