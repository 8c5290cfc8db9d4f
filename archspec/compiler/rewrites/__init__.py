"""Rewrites of a shaped graph into the one that runs: a file each, found by this folder, applied phase by phase.

A file defines `REWRITE`, whose `apply` gives the graph that runs in place of another, with a record of each thing that
it changed. Most look at one level at a time: `at_each_level` takes care of the others, and `Level` of who reads what.
`tests/laws/test_rewrites.py` holds every rewrite to its law.
"""

from archspec.compiler.rewrites.level import Level, at_each_level
from archspec.compiler.rewrites.rewrite import Law, Phase, Record, Rewrite, rewrites

__all__ = ["Law", "Level", "Phase", "Record", "Rewrite", "at_each_level", "rewrites"]
