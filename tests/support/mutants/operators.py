"""Small faults in the source: another comparison, another constant, a statement or an argument that is gone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.mutants.mutant import ROOT, Mutant

COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
OPERATORS: dict[type[ast.operator], str] = {ast.Add: "-", ast.Sub: "+", ast.Mult: "+", ast.FloorDiv: "*", ast.Div: "*"}
ROOMS = ("archspec/*.py", "archspec/**/*.py")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Edit = tuple[ast.expr | ast.stmt, str, str]
"""A part of the source, what stands in its place, and the change in words."""


def files() -> list[Path]:
    """Every file of the package that has functions."""
    return sorted({path for pattern in ROOMS for path in ROOT.glob(pattern)})


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of the functions of a file; some are no Python."""
    text = path.read_text(encoding="utf-8")
    for name, function in _functions(ast.parse(text), ""):
        first = min([function.lineno, *(item.lineno for item in function.decorator_list)])
        for node, new, what in _edits(function):
            source = _replaced(text, node, new)
            yield Mutant(str(path.relative_to(ROOT)), name, first, node.lineno, what, source)


def is_python(mutant: Mutant) -> bool:
    """Whether the faulty file compiles."""
    try:
        compile(mutant.source, mutant.file, "exec")
    except SyntaxError:
        return False
    return True


def _functions(tree: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    """The outermost functions with their qualified names: an inner one is part of its outer one's code."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")
        elif not isinstance(node, ast.expr):
            yield from _functions(node, prefix)


def _edits(function: Function) -> Iterator[Edit]:
    for statement in function.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Compare) and len(node.ops) == 1:
                yield from _comparison(node)
            elif isinstance(node, ast.Constant):
                yield from _constant(node)
            elif isinstance(node, ast.BinOp) and (new := OPERATORS.get(type(node.op))):
                yield from _operation(node, new)
            elif isinstance(node, ast.Call):
                yield from _argument(node)
            elif isinstance(node, ast.BoolOp):
                new = " or " if isinstance(node.op, ast.And) else " and "
                yield node, new.join(f"({ast.unparse(value)})" for value in node.values), f"{new.strip()} between"
            elif isinstance(node, ast.Expr | ast.Assign | ast.AugAssign | ast.Raise) and not _is_text(node):
                yield node, "pass", f"without `{ast.unparse(node)[:40]}`"
            elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
                yield node, f"({ast.unparse(node.operand)})", f"without not: {ast.unparse(node)[:40]}"


def _comparison(node: ast.Compare) -> Iterator[Edit]:
    if new := COMPARISONS.get(type(node.ops[0])):
        text = f"({ast.unparse(node.left)} {new} {ast.unparse(node.comparators[0])})"
        yield node, text, f"`{ast.unparse(node)[:40]}` with {new}"


def _operation(node: ast.BinOp, new: str) -> Iterator[Edit]:
    text = f"({ast.unparse(node.left)} {new} {ast.unparse(node.right)})"
    yield node, text, f"`{ast.unparse(node)[:40]}` with {new}"


def _constant(node: ast.Constant) -> Iterator[Edit]:
    value = node.value
    if isinstance(value, bool):
        yield node, str(not value), f"{not value} for {value}"
    elif isinstance(value, int | float):
        yield node, f"({value!r} + 1)", f"{value!r} + 1"


def _argument(node: ast.Call) -> Iterator[Edit]:
    """The call without its last argument."""
    if not node.args and not node.keywords:
        return
    shorter = ast.Call(node.func, node.args, node.keywords[:-1]) if node.keywords else ast.Call(
        node.func, node.args[:-1], [])  # fmt: skip
    yield node, ast.unparse(shorter), f"`{ast.unparse(node)[:60]}` without its last argument"


def _is_text(node: ast.stmt) -> bool:
    """Whether a statement is a docstring or the like."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _replaced(text: str, node: ast.expr | ast.stmt, new: str) -> str:
    """The text with another one in the place of a node; the number of lines stays."""
    lines = text.encode().splitlines(keepends=True)
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    start = sum(map(len, lines[: node.lineno - 1])) + node.col_offset
    end = sum(map(len, lines[: node.end_lineno - 1])) + node.end_col_offset
    data = text.encode()
    gap = data[start:end].count(b"\n")
    filler = b"\n" * gap if isinstance(node, ast.stmt) else b""
    return (data[:start] + new.encode() + filler + data[end:]).decode()
