"""archspec: a YAML graph of blocks → a validated, shaped graph → an `nn.Module`, a table, a picture.

The names below are imported when they are first used, so that `import archspec` costs nothing and only `build` and
`load_weights` need torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archspec.analysis.diff.diff import diff
    from archspec.analysis.report import report
    from archspec.analysis.sweep.sweep import sweep
    from archspec.compiler.build import build
    from archspec.diagrams import render
    from archspec.errors import Problem, RuleError, SpecError
    from archspec.graph.block import Composite, Op, Scope, Value
    from archspec.graph.node import Graph
    from archspec.language.explain import explain
    from archspec.language.load import load
    from archspec.training.distill import DistillationLoss
    from archspec.weights.load import LoadReport, load_weights

__version__ = "0.1.0"

_HOMES = {
    "Composite": "graph.block",
    "DistillationLoss": "training.distill",
    "Graph": "graph.node",
    "LoadReport": "weights.load",
    "Op": "graph.block",
    "Problem": "errors",
    "RuleError": "errors",
    "Scope": "graph.block",
    "SpecError": "errors",
    "Value": "graph.block",
    "build": "compiler.build",
    "diff": "analysis",
    "explain": "language.explain",
    "load": "language.load",
    "load_weights": "weights.load",
    "render": "diagrams",
    "report": "analysis",
    "sweep": "analysis",
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


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'archspec' has no attribute {name!r}")
    return getattr(import_module(f"archspec.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
