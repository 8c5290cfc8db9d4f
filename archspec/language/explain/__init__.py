"""One value of a spec: what it is, every place that set it, and where the names that it reads come from."""

from archspec.language.explain.explanation import Explanation, Setting
from archspec.language.explain.lookup import explain

__all__ = ["Explanation", "Setting", "explain"]
