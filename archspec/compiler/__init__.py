"""Shaped graph → `nn.Module`: lowered by rewrites, then emitted as one fx program for each level of nesting."""

from archspec.compiler.build import build
from archspec.compiler.compile import compile
from archspec.compiler.crops import crops
from archspec.compiler.lower import lower, running
from archspec.compiler.outputs import output_type

__all__ = ["build", "compile", "crops", "lower", "output_type", "running"]
