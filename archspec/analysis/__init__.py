"""What graphs tell: tables of costs, differences between two graphs, sweeps over many settings.

Plots stand apart in `archspec.analysis.plot`.
"""

from archspec.analysis.diff import Diff, describe, diff
from archspec.analysis.report import Report, Row, report
from archspec.analysis.sweep import Axis, Point, Sweep, axes_of, sweep
from archspec.analysis.table import FORMATS, Column, Table, aligned

__all__ = [
    "FORMATS",
    "Axis",
    "Column",
    "Diff",
    "Point",
    "Report",
    "Row",
    "Sweep",
    "Table",
    "aligned",
    "axes_of",
    "describe",
    "diff",
    "report",
    "sweep",
]
