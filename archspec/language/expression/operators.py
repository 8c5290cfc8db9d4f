"""The operators of expressions: how each is written, and what it computes."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

Operator = tuple[str, Callable[[Any, Any], Any]]
"""How an operator is written, and what it computes; one with a single operand ignores the second argument."""

OPERATORS: dict[type[ast.AST], Operator] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.Div: ("/", operator.truediv),
    ast.FloorDiv: ("//", operator.floordiv),
    ast.Mod: ("%", operator.mod),
    ast.Pow: ("**", operator.pow),
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
    ast.In: ("in", lambda a, b: a in b),
    ast.NotIn: ("not in", lambda a, b: a not in b),
    ast.UAdd: ("+", lambda a, _: +a),
    ast.USub: ("-", lambda a, _: -a),
}
"""All but `and`, `or` and `not`, which take any value."""
