"""Syntax tree → value, in bounded time and memory."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from archspec.errors import listing, nearest
from archspec.language.expression.effort import Effort, HeavyError
from archspec.language.expression.error import ExpressionError
from archspec.language.expression.functions import FUNCTIONS, MOST_ITEMS, MisuseError
from archspec.language.expression.operators import OPERATORS, Operator
from archspec.language.expression.parse import CONSTANTS, Parsed, parse
from archspec.language.expression.show import cut, show, show_kind

MOST_ITEMS_IN_ALL = 5 * MOST_ITEMS
"""How many items all lists and texts of one evaluation may hold together."""
STEPS_OF_A_PART = 4
LARGEST = 2**63
_SCALARS = (bool, int, float, type(None))

_REFUSED = {
    "Lambda": "functions cannot be written",
    "ListComp": "a list cannot be made by `for`",
    "GeneratorExp": "a list cannot be made by `for`",
    "Starred": "* before a list is not known",
    "Is": "compare with == rather than is",
    "IsNot": "compare with != rather than is not",
}
"""Kinds of Python's nodes that one might expect to work, and what to know about each."""


def evaluate(text: str, names: Mapping[str, Any], effort: Effort | None = None) -> Any:
    """The value of `$name`, `$name.field` or `$(…)`; of `$$x`, the text `$x`. Lists are tuples, those in `names` too.

    Raises ExpressionError, which carries the values of the names that the expression reads, and SpentError where the
    `effort` that all expressions of a command share is spent.
    """
    if text.startswith("$$"):
        return text[1:]
    parsed = parse(text)
    evaluation = _Evaluation(parsed, names, effort or Effort())
    try:
        return evaluation.result()
    except ExpressionError as error:
        error.values = {name: names[name] for name in sorted(parsed.roots) if name in names}
        raise


@dataclass(slots=True)
class _Evaluation:
    """One walk over a tree. Each kind of node has a method of its name here; a kind without one is refused."""

    parsed: Parsed
    names: Mapping[str, Any]
    effort: Effort
    items: int = 0  # in all lists and texts so far

    def result(self) -> Any:
        """The value of the whole tree."""
        self.effort.spend(STEPS_OF_A_PART * self.parsed.parts)
        value = self.value(self.parsed.tree)
        self.effort.spend(self.weigh(self.parsed.tree, value))
        return value

    def value(self, node: ast.expr) -> Any:
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise self.refusal(node, type(node).__name__)
        return method(node)

    def error(self, node: ast.expr, message: str, help: str | None = None) -> ExpressionError:
        return self.parsed.error(node, message, help)

    def refusal(self, node: ast.expr, kind: str) -> ExpressionError:
        return self.error(node, f"{self.quote(node)} is not part of what expressions say", _REFUSED.get(kind))

    def quote(self, node: ast.expr) -> str:
        return cut(self.parsed.source(node))

    def check(self, node: ast.expr, value: Any) -> Any:
        """The value itself. Refuses one that is too large, not finite, or of a kind that no spec can hold."""
        if isinstance(value, int) and abs(value) > LARGEST:
            raise self.error(node, f"{self.quote(node)} is larger than 2**63")
        if isinstance(value, float) and not math.isfinite(value):
            raise self.error(node, f"{self.quote(node)} is {value}, which is no number to go on with")
        if isinstance(value, complex):
            raise self.error(node, f"{self.quote(node)} is a root of a negative number")
        if isinstance(value, tuple | str):
            self.charge(node, self.weigh(node, value))
        return value

    def weigh(self, node: ast.expr, value: Any) -> int:
        """How many values the value of a node holds. Refuses one that is too large or nested too deep."""
        try:
            return self.effort.weigh(value)
        except HeavyError as heavy:
            raise self.error(node, f"{self.quote(node)} {heavy}") from None

    def charge(self, node: ast.expr, items: int) -> None:
        """Count the items of a list or text; may be called before it is built, so that it never is too large."""
        self.items += items
        if items > MOST_ITEMS:
            raise self.error(node, f"{self.quote(node)} makes lists or texts of more than {MOST_ITEMS:,} items")
        if self.items > MOST_ITEMS_IN_ALL:
            many = f"lists and texts of more than {MOST_ITEMS_IN_ALL:,} items are made in all"
            raise self.error(node, f"up to {self.quote(node)}, {many}")

    def _constant(self, node: ast.Constant) -> Any:
        if node.value is not None and type(node.value) not in (bool, int, float, str):
            raise self.refusal(node, "Constant")
        return self.check(node, node.value)

    def _list(self, node: ast.List | ast.Tuple) -> Any:
        return self.check(node, tuple([self.value(item) for item in node.elts]))

    _tuple = _list

    def _name(self, node: ast.Name) -> Any:
        if self.parsed.computed and node.id in CONSTANTS:
            return CONSTANTS[node.id]
        if node.id not in self.names:
            known = list(self.names)
            help = nearest(node.id, known) or (f"there are {listing(known)}" if known else None)
            help = "call it, as in max(a, b)" if self.parsed.computed and node.id in FUNCTIONS else help
            raise self.error(node, f"there is no {node.id} here", help)
        return self.own(node, self.names[node.id])

    def own(self, node: ast.expr, value: Any) -> Any:
        """A value of `names`, with tuples for lists. `$(…)` computes with plain data alone; `$name` takes any value."""
        if isinstance(value, list):
            value = _as_tuples(value)
        if not self.parsed.computed or isinstance(value, dict):
            return value
        if type(value) not in (*_SCALARS, str, tuple):
            kind = type(value).__name__
            raise self.error(node, f"{self.parsed.source(node)} is a {kind}, which nothing can be computed from")
        return self.check(node, value)

    def _attribute(self, node: ast.Attribute) -> Any:
        return self.field(node, self.value(node.value), node.value, node.attr)

    def field(self, node: ast.expr, value: Any, owner: ast.expr, name: str) -> Any:
        if not isinstance(value, dict):
            raise self.error(node, f"{self.quote(owner)} is {show(value)}, which has no fields")
        if name not in value:
            known = [str(key) for key in value]
            help = nearest(name, known) or f"there are {listing(known)}"
            raise self.error(node, f"{self.quote(owner)} has no field {name}", help)
        return self.own(node, value[name])

    def _boolop(self, node: ast.BoolOp) -> Any:
        value: Any = None
        for part in node.values:
            value = self.value(part)
            if bool(value) is isinstance(node.op, ast.Or):
                break
        return value

    def _ifexp(self, node: ast.IfExp) -> Any:
        return self.value(node.body if self.value(node.test) else node.orelse)

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return not value
        sign, compute = self.operator(node, node.op)
        if not isinstance(value, int | float):
            raise self.error(node, f"{sign} does not go with {show_kind(value)}: {self.quote(node)}")
        return self.check(node, compute(value, None))

    def _compare(self, node: ast.Compare) -> bool:
        left = self.value(node.left)
        for kind, right_node in zip(node.ops, node.comparators, strict=True):
            sign, compute = self.operator(node, kind)
            right = self.value(right_node)
            self.effort.spend(self.weigh(node, left) + self.weigh(node, right))
            try:
                if not compute(left, right):
                    return False
            except TypeError:
                raise self.mismatch(node, sign, left, right) from None
            left = right
        return True

    def _binop(self, node: ast.BinOp) -> Any:
        sign, compute = self.operator(node, node.op)
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(left, int | float) and isinstance(right, int | float):
            return self.check(node, self.number(node, sign, compute, left, right))
        if sign == "+" and type(left) is type(right) and isinstance(left, tuple | str):
            return self.check(node, compute(left, right))
        if sign == "*":
            many, times = (right, left) if isinstance(left, int) else (left, right)
            if isinstance(many, tuple | str) and isinstance(times, int):
                items = self.weigh(node, many) * max(0, times)
                self.charge(node, items)
                self.effort.spend(items)
                return many * times
        raise self.mismatch(node, sign, left, right)

    def operator(self, node: ast.expr, kind: ast.AST) -> Operator:
        if type(kind) not in OPERATORS:
            raise self.refusal(node, type(kind).__name__)
        return OPERATORS[type(kind)]

    def mismatch(self, node: ast.expr, sign: str, left: Any, right: Any) -> ExpressionError:
        return self.error(node, f"{sign} does not go with {show_kind(left)} and {show_kind(right)}")

    def number(self, node: ast.BinOp, sign: str, compute: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
        power = sign == "**"
        if power and isinstance(left, int) and isinstance(right, int) and abs(left) > 1 and right > 64:
            raise self.error(node, f"{self.quote(node)} is larger than 2**63")  # before it is computed
        try:
            return compute(left, right)
        except ZeroDivisionError:
            reason = "is a power of zero below zero" if power else f"divides {show(left)} by zero"
            raise self.error(node, f"{self.quote(node)} {reason}") from None
        except OverflowError:
            raise self.error(node, f"{self.quote(node)} is larger than a float can be") from None

    def _subscript(self, node: ast.Subscript) -> Any:
        value = self.value(node.value)
        if isinstance(value, tuple | str) and isinstance(node.slice, ast.Slice):
            ends = [self.index(node, part) for part in (node.slice.lower, node.slice.upper, node.slice.step)]
            if ends[2] == 0:
                raise self.error(node, "a slice with step 0 goes nowhere")
            return self.check(node, value[slice(*ends)])
        if isinstance(value, dict) and not isinstance(node.slice, ast.Slice):
            return self.field(node, value, node.value, str(self.value(node.slice)))
        if not isinstance(value, tuple | str):
            raise self.error(node, f"{self.quote(node.value)} is {show(value)}, which has no items")
        at = self.index(node, node.slice)
        if at is None or not -len(value) <= at < len(value):
            raise self.error(node, f"{self.quote(node.value)} has {len(value)} items and none at {show(at)}")
        return value[at]

    def index(self, node: ast.expr, part: ast.expr | None) -> int | None:
        index = self.value(part) if part else None
        if index is None or type(index) is int:
            return index
        raise self.error(part or node, f"a position is an int, not {show(index)}")

    def _call(self, node: ast.Call) -> Any:
        name = node.func.id if isinstance(node.func, ast.Name) else self.quote(node.func)
        if not isinstance(node.func, ast.Name) or name not in FUNCTIONS:
            help = nearest(name, FUNCTIONS) or f"there are {listing(FUNCTIONS)}"
            raise self.error(node.func, f"there is no function {name}", help)
        if node.keywords:
            raise self.refusal(node, "keyword")
        values = [self.value(part) for part in node.args]
        self.effort.spend(sum(self.weigh(node, value) for value in values))
        function, signature = FUNCTIONS[name]
        try:
            return self.check(node, function(*values))
        except MisuseError as misuse:
            raise self.error(node, f"{name}: {misuse}") from None
        except (TypeError, ValueError, OverflowError):
            arguments = ", ".join(map(show, values))
            raise self.error(node, f"{name} does not take ({arguments})", signature) from None


def _as_tuples(value: Any) -> Any:
    """The value with tuples for lists, at every depth."""
    return tuple(map(_as_tuples, value)) if isinstance(value, list | tuple) else value
