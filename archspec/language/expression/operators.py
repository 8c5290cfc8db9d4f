"""The operators of expressions: how each is written, and what it computes."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Compute = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator; one with a single operand ignores the second argument of `compute`."""

    sign: str
    compute: Compute


OPERATORS: dict[type[ast.AST], Operator] = {
    ast.Add: Operator("+", operator.add),
    ast.Sub: Operator("-", operator.sub),
    ast.Mult: Operator("*", operator.mul),
    ast.Div: Operator("/", operator.truediv),
    ast.FloorDiv: Operator("//", operator.floordiv),
    ast.Mod: Operator("%", operator.mod),
    ast.Pow: Operator("**", operator.pow),
    ast.Eq: Operator("==", operator.eq),
    ast.NotEq: Operator("!=", operator.ne),
    ast.Lt: Operator("<", operator.lt),
    ast.LtE: Operator("<=", operator.le),
    ast.Gt: Operator(">", operator.gt),
    ast.GtE: Operator(">=", operator.ge),
    ast.In: Operator("in", lambda a, b: a in b),
    ast.NotIn: Operator("not in", lambda a, b: a not in b),
    ast.UAdd: Operator("+", lambda a, _: +a),
    ast.USub: Operator("-", lambda a, _: -a),
}
"""All but `and`, `or` and `not`, which take any value."""
