"""Many variants of one spec at once: every point of a grid, shaped and costed, the best of them marked."""

from archspec.analysis.sweep.front import FRONT, MEASURES, front
from archspec.analysis.sweep.grid import MOST_POINTS, Axis, axes_of
from archspec.analysis.sweep.point import Point
from archspec.analysis.sweep.sweep import Sweep, sweep
from archspec.analysis.table import FORMATS

__all__ = ["FORMATS", "FRONT", "MEASURES", "MOST_POINTS", "Axis", "Point", "Sweep", "axes_of", "front", "sweep"]
