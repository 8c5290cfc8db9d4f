"""Rewrites of a shaped graph into the one that runs: a file each, found by this folder, applied in the files' order.

A file defines `REWRITE`, whose `apply` takes one level of a graph and gives the level that runs in its place, with a
record of each thing that it changed. `lower` takes care of the levels below. `tests/laws/test_rewrites.py` holds every
rewrite to its law.
"""

from archspec.compiler.rewrites.rewrite import Law, Record, Rewrite, rewrites

__all__ = ["Law", "Record", "Rewrite", "rewrites"]
