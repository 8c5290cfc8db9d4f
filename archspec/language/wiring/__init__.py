"""Spec → graph: names become edges, expressions values, words blocks."""

from archspec.language.wiring.definition import TYPES, Definition
from archspec.language.wiring.params import Preamble, read_preamble
from archspec.language.wiring.problems import Problems, UnresolvedError
from archspec.language.wiring.reserved import RESERVED
from archspec.language.wiring.tally import Tally
from archspec.language.wiring.values import evaluate_tree
from archspec.language.wiring.wire import Wired, wire

__all__ = [
    "RESERVED",
    "TYPES",
    "Definition",
    "Preamble",
    "Problems",
    "Tally",
    "UnresolvedError",
    "Wired",
    "evaluate_tree",
    "read_preamble",
    "wire",
]
