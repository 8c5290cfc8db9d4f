"""`$name`, `$name.field` and `$(…)`: the values that a spec computes, by an evaluator of our own."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from archspec.errors import listing, nearest

Value = None | bool | int | float | str | list[Any] | dict[str, Any]

MOST_CHARACTERS = 1_000
MOST_NODES = 200
MOST_LEVELS = 50
MOST_ITEMS = 10_000
MOST_MADE = 5 * MOST_ITEMS  # items in all the lists and texts of one evaluation
LARGEST = 2**63

_REFERENCE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_TOKEN = re.compile(
    r"""(?P<space>\s+)
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<text>'[^'\\\n]*'|"[^"\\\n]*")
    | (?P<sign>\*\*|//|==|!=|<=|>=|[-+*/%<>()\[\],:.])""",
    re.VERBOSE,
)
_CLOSING = {"(": ")", "[": "]"}
_HINTS = {
    "=": "compare with ==",
    "^": "write ** for a power",
    "&": "write and",
    "|": "write or",
    "!": "write not",
    "$": "within $(…) a name stands without $",
    "#": "a comment goes behind the whole value",
}
_WORDS = {"true": True, "false": False, "null": None}
_SIGNS: dict[type[ast.AST], tuple[str, Callable[[Any, Any], Any]]] = {
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
_STRANGERS = {
    "Lambda": "functions cannot be written",
    "ListComp": "a list cannot be made by `for`",
    "GeneratorExp": "a list cannot be made by `for`",
    "Starred": "* before a list is not known",
    "Is": "compare with == rather than is",
    "IsNot": "compare with != rather than is not",
}


class ExpressionError(Exception):
    """One fault of an expression: a sentence, the stretch of text at fault, and the values of the names it reads."""

    def __init__(self, message: str, offset: int = 0, width: int = 1, help: str | None = None) -> None:
        super().__init__(message)
        self.message, self.offset, self.width, self.help = message, offset, width, help
        self.values: dict[str, Any] = {}


def is_expression(text: str) -> bool:
    """Whether a text is for `evaluate`: it begins with `$`."""
    return text.startswith("$")


def references(text: str) -> frozenset[str]:
    """The names an expression reads; of `$name.field`, the first."""
    if text.startswith("$$"):
        return frozenset()
    return _parse(text).roots


def evaluate(text: str, names: Mapping[str, Any]) -> Any:
    """The value of `$name`, `$name.field`, `$(…)`; `$$x` is the text `$x`. A tuple counts as a list."""
    if text.startswith("$$"):
        return text[1:]
    parsed = _parse(text)
    try:
        found = _Evaluation(parsed, names).value(parsed.tree)
    except ExpressionError as error:
        error.values = {name: names[name] for name in sorted(parsed.roots) if name in names}
        raise
    return found


@dataclass(frozen=True, slots=True)
class _Parsed:
    """An expression's tree; `start` is where in `text` its column 0 lies."""

    text: str
    tree: ast.expr
    start: int
    computed: bool
    roots: frozenset[str]

    def span(self, node: ast.expr) -> tuple[int, int]:
        """Offset and width of a node in the text."""
        line = self.text[self.start :].encode()  # ast counts in bytes
        before = len(line[: node.col_offset].decode())
        return self.start + before, max(1, len(line[: node.end_col_offset].decode()) - before)

    def error(self, node: ast.expr, message: str, help: str | None = None) -> ExpressionError:
        return ExpressionError(message, *self.span(node), help)

    def source(self, node: ast.expr) -> str:
        offset, width = self.span(node)
        return self.text[offset : offset + width]


@lru_cache(maxsize=4096)
def _parse(text: str) -> _Parsed:
    if len(text) > MOST_CHARACTERS:
        raise ExpressionError(f"the expression has {len(text):,} characters, more than {MOST_CHARACTERS:,}")
    if _REFERENCE.fullmatch(text):
        return _Parsed(
            text, _reference(text), 0, computed=False, roots=frozenset({text[1:].partition(".")[0]}) - _WORDS.keys()
        )
    if not text.startswith("$("):
        help = "write $name, $name.field or $(…), and $$ for a text that begins with $"
        raise ExpressionError(f"{_show(text)} is no expression", 0, max(1, len(text)), help)
    _check_tokens(text)
    body = re.sub(r"\s", " ", text[2:].rstrip()[:-1])
    start = 2 + len(body) - len(body.lstrip())
    try:
        tree = ast.parse(body.strip(), mode="eval").body
    except SyntaxError as error:
        raise _syntax(text, start, error) from None
    except (RecursionError, MemoryError, ValueError):
        raise _too_deep() from None
    _check_size(tree)
    return _Parsed(text, tree, start, computed=True, roots=_roots(tree))


def _reference(text: str) -> ast.expr:
    """`$a.b` as the tree of `a.b`, whatever Python thinks of such names."""
    root, *fields = text[1:].split(".")
    end = 1 + len(root)
    tree: ast.expr = ast.Name(root, ast.Load(), lineno=1, col_offset=0, end_lineno=1, end_col_offset=end)
    for word in fields:
        end += 1 + len(word)
        tree = ast.Attribute(tree, word, ast.Load(), lineno=1, col_offset=0, end_lineno=1, end_col_offset=end)
    return tree


def _check_tokens(text: str) -> None:
    """Nothing but our own words reaches Python's parser, and every bracket is closed, the first one by the last."""
    opened: list[int] = []
    at, before = 1, ""
    while at < len(text):
        token = _TOKEN.match(text, at)
        if not token:
            what = "a quote that is never closed" if text[at] in "'\"" else f"`{text[at]}`"
            if text[at] in "'\"" and "\\" in text[at:]:
                what = "a text with \\ in it"
            raise ExpressionError(f"{what} cannot stand in an expression", at, 1, _HINTS.get(text[at]))
        kind, word = token.lastgroup, token[0]
        if kind in ("name", "text", "number") and before in ("name", "number"):
            raise ExpressionError(
                f"{word} stands right behind another word or number", at, len(word), "put a sign between"
            )
        if kind == "number" and len(word) > 30:
            raise ExpressionError(f"a number of {len(word)} characters is too long", at, len(word))
        before = kind or ""
        if word in _CLOSING:
            opened.append(at)
            if len(opened) > MOST_LEVELS:
                raise _too_deep()
        elif word in _CLOSING.values():
            if not opened or _CLOSING[text[opened[-1]]] != word:
                raise ExpressionError(f"`{word}` closes no bracket", at)
            opened.pop()
            if not opened and text[token.end() :].strip():
                help = "put the whole value into one $(…)"
                raise ExpressionError("the expression ends before the text does", token.end(), 1, help)
        at = token.end()
    if opened:
        raise ExpressionError(f"`{text[opened[-1]]}` is never closed", opened[-1])


def _syntax(text: str, start: int, error: SyntaxError) -> ExpressionError:
    if not text[2:].rstrip()[:-1].strip():
        return ExpressionError("the expression is empty", 0, len(text))
    end = len(text.rstrip()) - 1
    at = min(start + error.offset - 1, end) if error.offset else end  # Python says 0 for the end
    token = _TOKEN.match(text, at)
    word = token[0] if token and token[0].strip() else text[at]
    if "'else'" in error.msg:
        return ExpressionError("an if lacks its else", at, len(word), "write a if c else b")
    if at == end:
        return ExpressionError("the expression breaks off here", at)
    return ExpressionError(f"`{word}` cannot stand here", at, len(word))


def _too_deep() -> ExpressionError:
    return ExpressionError(f"the expression is nested deeper than {MOST_LEVELS} levels", help="name parts as params")


def _check_size(tree: ast.expr) -> None:
    level: list[ast.AST] = [tree]
    nodes = depth = 0
    while level:
        nodes, depth = nodes + len(level), depth + 1
        if depth > MOST_LEVELS:
            raise _too_deep()
        if nodes > MOST_NODES:
            raise ExpressionError(f"the expression has more than {MOST_NODES} parts", help="name parts as params")
        level = [
            child
            for node in level
            for child in ast.iter_child_nodes(node)
            if isinstance(child, ast.expr | ast.comprehension | ast.keyword)
        ]


def _roots(tree: ast.expr) -> frozenset[str]:
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called}
    return frozenset(found - _WORDS.keys())


@dataclass(slots=True)
class _Evaluation:
    """One walk over a tree. Each kind of node has its method here; a kind without one is refused."""

    parsed: _Parsed
    names: Mapping[str, Any]
    made: int = field(default=0)

    def value(self, node: ast.expr) -> Any:
        method = getattr(self, f"_{type(node).__name__.lower()}", None)
        if method is None:
            raise self.stranger(node, type(node).__name__)
        return method(node)

    def error(self, node: ast.expr, message: str, help: str | None = None) -> ExpressionError:
        return self.parsed.error(node, message, help)

    def stranger(self, node: ast.expr, kind: str) -> ExpressionError:
        source = self.parsed.source(node)
        return self.error(node, f"{_cut(source)} is not part of what expressions say", _STRANGERS.get(kind))

    def check(self, node: ast.expr, value: Any) -> Any:
        """Refuses what is too large, not finite, or of a kind that no spec can hold."""
        source = _cut(self.parsed.source(node))
        if isinstance(value, int) and abs(value) > LARGEST:
            raise self.error(node, f"{source} is larger than 2**63")
        if isinstance(value, float) and not math.isfinite(value):
            raise self.error(node, f"{source} is {value}, which is no number to go on with")
        if isinstance(value, complex):
            raise self.error(node, f"{source} is a root of a negative number")
        if isinstance(value, list | str):
            self.charge(node, _weight(value))
        return value

    def charge(self, node: ast.expr, items: int) -> None:
        """Counts what a list or text holds before or after it is made."""
        self.made += items
        source = _cut(self.parsed.source(node))
        if items > MOST_ITEMS:
            raise self.error(node, f"{source} makes lists or texts of more than {MOST_ITEMS:,} items")
        if self.made > MOST_MADE:
            raise self.error(node, f"up to {source}, lists and texts of more than {MOST_MADE:,} items are made in all")

    def _constant(self, node: ast.Constant) -> Any:
        if node.value is not None and type(node.value) not in (bool, int, float, str):
            raise self.stranger(node, "Constant")
        return self.check(node, node.value)

    def _list(self, node: ast.List | ast.Tuple) -> list[Any]:
        found: list[Any] = self.check(node, [self.value(item) for item in node.elts])
        return found

    _tuple = _list

    def _name(self, node: ast.Name) -> Any:
        if self.parsed.computed and node.id in _WORDS:
            return _WORDS[node.id]
        if node.id not in self.names:
            known = list(self.names)
            help = nearest(node.id, known) or (f"there are {listing(known)}" if known else None)
            help = "call it, as in max(a, b)" if self.parsed.computed and node.id in _FUNCTIONS else help
            raise self.error(node, f"there is no {node.id} here", help)
        return self.own(node, self.names[node.id])

    def own(self, node: ast.expr, value: Any) -> Any:
        """A value from outside as one of ours; a bare `$name` hands on any."""
        if isinstance(value, tuple):
            value = list(value)
        if not self.parsed.computed or isinstance(value, dict):
            return value
        if value is not None and type(value) not in (bool, int, float, str, list):
            raise self.error(
                node, f"{self.parsed.source(node)} is a {type(value).__name__}, which nothing can be computed from"
            )
        return self.check(node, [_listed(item) for item in value] if isinstance(value, list) else value)

    def _attribute(self, node: ast.Attribute) -> Any:
        return self.field(node, self.value(node.value), node.value, node.attr)

    def field(self, node: ast.expr, value: Any, owner: ast.expr, name: str) -> Any:
        source = _cut(self.parsed.source(owner))
        if not isinstance(value, dict):
            raise self.error(node, f"{source} is {_show(value)}, which has no fields")
        if name not in value:
            known = [str(key) for key in value]
            raise self.error(
                node, f"{source} has no field {name}", nearest(name, known) or f"there are {listing(known)}"
            )
        return self.own(node, value[name])

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        value = self.value(node.operand)
        if isinstance(node.op, ast.Not):
            return not value
        sign, act = self.sign(node, node.op)
        if not isinstance(value, int | float):
            raise self.error(node, f"{sign} does not go with {_kind(value)}: {_cut(self.parsed.source(node))}")
        return self.check(node, act(value, None))

    def _boolop(self, node: ast.BoolOp) -> Any:
        value: Any = None
        for part in node.values:
            value = self.value(part)
            if bool(value) is isinstance(node.op, ast.Or):
                break
        return value

    def _ifexp(self, node: ast.IfExp) -> Any:
        return self.value(node.body if self.value(node.test) else node.orelse)

    def _compare(self, node: ast.Compare) -> bool:
        left = self.value(node.left)
        for op, right_node in zip(node.ops, node.comparators, strict=True):
            sign, act = self.sign(node, op)
            right = self.value(right_node)
            try:
                if not act(left, right):
                    return False
            except TypeError:
                raise self.error(node, f"{sign} does not go with {_kind(left)} and {_kind(right)}") from None
            left = right
        return True

    def sign(self, node: ast.expr, op: ast.AST) -> tuple[str, Callable[[Any, Any], Any]]:
        if type(op) not in _SIGNS:
            raise self.stranger(node, type(op).__name__)
        return _SIGNS[type(op)]

    def _binop(self, node: ast.BinOp) -> Any:
        sign, act = self.sign(node, node.op)
        left, right = self.value(node.left), self.value(node.right)
        if isinstance(left, int | float) and isinstance(right, int | float):
            return self.check(node, self.number(node, sign, act, left, right))
        if sign == "+" and type(left) is type(right) and isinstance(left, list | str):
            return self.check(node, act(left, right))
        if sign == "*":
            many, times = (right, left) if isinstance(left, int) else (left, right)
            if isinstance(many, list | str) and isinstance(times, int):
                self.charge(node, _weight(many) * max(0, times))
                return many * times
        raise self.error(node, f"{sign} does not go with {_kind(left)} and {_kind(right)}")

    def number(self, node: ast.BinOp, sign: str, act: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
        source = _cut(self.parsed.source(node))
        if sign == "**" and isinstance(left, int) and isinstance(right, int) and abs(left) > 1 and right > 64:
            raise self.error(node, f"{source} is larger than 2**63")
        try:
            return act(left, right)
        except ZeroDivisionError:
            raise self.error(
                node,
                f"{source} divides {_show(left)} by zero"
                if sign != "**"
                else f"{source} is a power of zero below zero",
            ) from None
        except OverflowError:
            raise self.error(node, f"{source} is larger than a float can be") from None

    def _subscript(self, node: ast.Subscript) -> Any:
        value = self.value(node.value)
        if isinstance(value, list | str) and isinstance(node.slice, ast.Slice):
            ends = [self.index(node, part) for part in (node.slice.lower, node.slice.upper, node.slice.step)]
            if ends[2] == 0:
                raise self.error(node, "a slice with step 0 goes nowhere")
            return self.check(node, value[slice(*ends)])
        if isinstance(value, dict) and not isinstance(node.slice, ast.Slice):
            return self.field(node, value, node.value, str(self.value(node.slice)))
        source = _cut(self.parsed.source(node.value))
        if not isinstance(value, list | str):
            raise self.error(node, f"{source} is {_show(value)}, which has no items")
        at = self.index(node, node.slice)
        if at is None or not -len(value) <= at < len(value):
            raise self.error(node, f"{source} has {len(value)} items and none at {_show(at)}")
        return value[at]

    def index(self, node: ast.expr, part: ast.expr | None) -> int | None:
        found = self.value(part) if part else None
        if found is None or type(found) is int:
            return found
        raise self.error(part or node, f"a position is an int, not {_show(found)}")

    def _call(self, node: ast.Call) -> Any:
        name = node.func.id if isinstance(node.func, ast.Name) else _cut(self.parsed.source(node.func))
        if not isinstance(node.func, ast.Name) or name not in _FUNCTIONS:
            raise self.error(
                node.func,
                f"there is no function {name}",
                nearest(name, _FUNCTIONS) or f"there are {listing(_FUNCTIONS)}",
            )
        if node.keywords:
            raise self.stranger(node, "keyword")
        values = [self.value(part) for part in node.args]
        try:
            return self.check(node, _FUNCTIONS[name](*values))
        except _MisuseError as misuse:
            raise self.error(node, f"{name}: {misuse}") from None
        except (TypeError, ValueError, OverflowError):
            given = ", ".join(map(_show, values))
            raise self.error(node, f"{name} does not take ({given})", _SIGNATURES[name]) from None


# --- functions ---------------------------------------------------------------------------------------------------


class _MisuseError(Exception):
    """A call that a function refuses."""


def _numbers(values: tuple[Any, ...] | list[Any]) -> list[Any]:
    for value in values:
        if not isinstance(value, int | float):
            raise _MisuseError(f"{_show(value)} is no number")
    return list(values)


def _extreme(pick: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    def of(*values: Any) -> Any:
        numbers = _numbers(values[0] if len(values) == 1 and isinstance(values[0], list) else values)
        if not numbers:
            raise _MisuseError("there are no numbers")
        return pick(numbers)

    return of


def _whole(values: tuple[Any, ...]) -> None:
    for value in values:
        if type(value) is not int:
            raise _MisuseError(f"{_show(value)} is no int")


def _round(number: Any, digits: int | None = None) -> Any:
    _numbers((number,))
    if digits is not None:
        _whole((digits,))
        if abs(digits) > 30:
            raise _MisuseError(f"{digits} digits are too many")
    return round(number, digits)


def _sum(values: Any) -> Any:
    if not isinstance(values, list):
        raise _MisuseError(f"{_show(values)} is no list")
    return sum(_numbers(values))


def _range(*ends: Any) -> list[int]:
    _whole(ends)
    if len(ends) == 3 and ends[2] == 0:
        raise _MisuseError("a step of 0 goes nowhere")
    found = range(*ends)
    if found and abs(found[-1] - found[0]) // abs(found.step) >= MOST_ITEMS:
        raise _MisuseError(f"more than {MOST_ITEMS:,} items")
    return list(found)


def _linspace(first: Any, last: Any, count: Any) -> list[float]:
    """`count` floats from `first` to `last`, bit for bit those of NumPy."""
    _numbers((first, last))
    _whole((count,))
    if not 0 <= count <= MOST_ITEMS:
        raise _MisuseError(f"{count:,} items are not between 0 and {MOST_ITEMS:,}")
    start, stop = float(first), float(last)
    if count < 2:
        return [start] * count
    width = stop - start
    step = width / (count - 1)
    if not math.isfinite(width):
        raise _MisuseError("the ends lie too far apart")
    steps = (i * step if step else i / (count - 1) * width for i in range(count - 1))
    return [*(start + part for part in steps), stop]


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": _extreme(min),
    "max": _extreme(max),
    "ceil": lambda number: math.ceil(*_numbers((number,))),
    "floor": lambda number: math.floor(*_numbers((number,))),
    "round": _round,
    "len": len,
    "sum": _sum,
    "range": _range,
    "linspace": _linspace,
}
_SIGNATURES = {
    "min": "min(a, b, …) or min(list)",
    "max": "max(a, b, …) or max(list)",
    "ceil": "ceil(number)",
    "floor": "floor(number)",
    "round": "round(number) or round(number, digits)",
    "len": "len(list)",
    "sum": "sum(list)",
    "range": "range(stop), range(start, stop) or range(start, stop, step)",
    "linspace": "linspace(first, last, count)",
}


# --- words for messages ------------------------------------------------------------------------------------------


def _weight(value: Any) -> int:
    """How many items a value holds, those of its lists within included."""
    if isinstance(value, list):
        return sum(map(_weight, value)) if value else 1
    return max(1, len(value)) if isinstance(value, str) else 1


def _listed(value: Any) -> Any:
    return [_listed(item) for item in value] if isinstance(value, list | tuple) else value


def _cut(text: str, most: int = 60) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _show(value: Any) -> str:
    """A value as the spec would spell it, cut where it is long."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "a group of fields"
    if isinstance(value, list):
        return _cut(f"[{', '.join(map(_show, value[:8]))}{', …' if len(value) > 8 else ''}]")
    return _cut(repr(value[:80] if isinstance(value, str) else value))


def _kind(value: Any) -> str:
    """A value with its kind before it."""
    kinds = {bool: "the bool", int: "the int", float: "the float", str: "the text", list: "the list"}
    return f"{kinds[type(value)]} {_show(value)}" if type(value) in kinds else _show(value)
