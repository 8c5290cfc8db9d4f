"""What an edit did: two shaped graphs compared – nodes, shapes, costs, and how many of A's weights fit B."""

from archspec.analysis.diff.describe import describe
from archspec.analysis.diff.diff import Diff, diff
from archspec.analysis.diff.text import FORMATS

__all__ = ["FORMATS", "Diff", "describe", "diff"]
