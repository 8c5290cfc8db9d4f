"""`$name`, `$name.field` and `$(…)`: the values that a spec computes, by an evaluator of our own."""

from archspec.language.expression.effort import MOST_STEPS, Effort, HeavyError, SpentError
from archspec.language.expression.error import ExpressionError
from archspec.language.expression.evaluate import evaluate
from archspec.language.expression.parse import is_expression, references

__all__ = [
    "MOST_STEPS",
    "Effort",
    "ExpressionError",
    "HeavyError",
    "SpentError",
    "evaluate",
    "is_expression",
    "references",
]
