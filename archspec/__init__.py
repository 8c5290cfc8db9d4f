"""archspec: a YAML graph of blocks → a validated, shaped graph → an `nn.Module`, a table, a picture.

The names below are imported when they are first used, so that `import archspec` costs nothing and only `build` and
`load_weights` need torch.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archspec.block import Composite, Op, Scope, Value
    from archspec.build import build
    from archspec.diff import diff
    from archspec.distill import DistillationLoss
    from archspec.errors import Problem, RuleError, SpecError
    from archspec.explain import explain
    from archspec.graph import Graph
    from archspec.load import load
    from archspec.render import render
    from archspec.report import report
    from archspec.sweep import sweep
    from archspec.weights import LoadReport, load_weights

__version__ = "0.1.0"

_HOMES = {
    "Composite": "block",
    "DistillationLoss": "distill",
    "Graph": "graph",
    "LoadReport": "weights",
    "Op": "block",
    "Problem": "errors",
    "RuleError": "errors",
    "Scope": "block",
    "SpecError": "errors",
    "Value": "block",
    "build": "build",
    "diff": "diff",
    "explain": "explain",
    "load": "load",
    "load_weights": "weights",
    "render": "render",
    "report": "report",
    "sweep": "sweep",
}

__all__ = [
    "Composite",
    "DistillationLoss",
    "Graph",
    "LoadReport",
    "Op",
    "Problem",
    "RuleError",
    "Scope",
    "SpecError",
    "Value",
    "build",
    "diff",
    "explain",
    "load",
    "load_weights",
    "render",
    "report",
    "sweep",
]


class _Package(ModuleType):
    """`archspec.load` is the function, whoever imports the file of that name first."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'archspec' has no attribute {name!r}")
    return getattr(import_module(f"archspec.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
