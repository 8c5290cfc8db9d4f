"""archspec: a YAML graph of blocks → a validated, shaped graph → an `nn.Module`, a table, a picture.

The names below are imported when they are first used, so that `import archspec` costs nothing and only `build` and
`load_weights` need torch.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the one list of public names: type checkers import it, `_homes` reads it
    from archspec.analysis.diff.diff import diff as diff
    from archspec.analysis.report import report as report
    from archspec.analysis.sweep.sweep import sweep as sweep
    from archspec.compiler.build import build as build
    from archspec.diagrams import render as render
    from archspec.errors import Problem as Problem
    from archspec.errors import RuleError as RuleError
    from archspec.errors import SpecError as SpecError
    from archspec.graph.block import Composite as Composite
    from archspec.graph.block import Op as Op
    from archspec.graph.block import Scope as Scope
    from archspec.graph.block import Value as Value
    from archspec.graph.node import Graph as Graph
    from archspec.language.explain import explain as explain
    from archspec.language.load import load as load
    from archspec.training.distill import DistillationLoss as DistillationLoss
    from archspec.weights.load import LoadReport as LoadReport
    from archspec.weights.load import load_weights as load_weights

__version__ = "0.1.0"


@cache
def _homes() -> dict[str, str]:
    """The module of each public name, from the imports above."""
    import ast
    from pkgutil import get_data

    tree = ast.parse(get_data(__name__, "__init__.py") or b"")
    (table,) = (node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in table.body if isinstance(node, ast.ImportFrom) and node.module]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return sorted(_homes())
    if name.startswith("_") or name not in _homes():
        raise AttributeError(f"module 'archspec' has no attribute {name!r}")
    return getattr(import_module(_homes()[name]), name)


def __dir__() -> list[str]:
    return sorted(_homes())
