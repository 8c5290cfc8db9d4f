"""Sweeps as pictures; apart from `archspec.analysis`, so that only who draws pays for it."""

from archspec.analysis.plot.scatter import scatter

__all__ = ["scatter"]
