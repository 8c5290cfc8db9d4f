"""Other sources' tensors ↔ a model's: loading, planning, saving, exporting, and the rules of renaming."""

from archspec.weights.dialect import Dialect, Link, Rule, identity
from archspec.weights.error import WeightsError
from archspec.weights.load import export_state_dict, load_weights, plan_weights, save_weights
from archspec.weights.report import Entry, LoadReport
from archspec.weights.rules import dialects

__all__ = [
    "Dialect",
    "Entry",
    "Link",
    "LoadReport",
    "Rule",
    "WeightsError",
    "dialects",
    "export_state_dict",
    "identity",
    "load_weights",
    "plan_weights",
    "save_weights",
]
