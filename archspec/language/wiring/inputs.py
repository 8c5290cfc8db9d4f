"""A spec's inputs: their keys tell images, tokens and vectors apart."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from archspec.errors import Problem
from archspec.graph import Grid, Image, Shape, Tokens, Vector
from archspec.language.document import Fields, Tree
from archspec.language.spec import show_value
from archspec.language.wiring.problems import Problems, UnresolvedError
from archspec.language.wiring.reserved import check_name
from archspec.language.wiring.tally import Tally
from archspec.language.wiring.values import evaluate_tree

KINDS: Mapping[frozenset[str], type[Shape]] = {
    frozenset({"channels", "size"}): Image,
    frozenset({"tokens", "dim"}): Tokens,
    frozenset({"tokens", "dim", "grid"}): Tokens,
    frozenset({"grid", "dim"}): Tokens,
    frozenset({"features"}): Vector,
}
"""The shape of an input that has these keys."""
LARGEST_SIDE = 2**20


def input_shapes(tree: Fields, names: Mapping[str, Any], problems: Problems, tally: Tally) -> dict[str, Shape]:
    """The shape of each input in the mapping `inputs`; faults go to `problems`, faulty inputs are left out."""
    shapes: dict[str, Shape] = {}
    for name, item in tree.entries.items():
        path = f"inputs.{name}"
        with suppress(UnresolvedError):
            check_name(name, tree.keys[name], path, problems)
            shapes[name] = _shape(evaluate_tree(item, names, path, problems, tally), item, path, problems)
    return shapes


def _shape(values: dict[str, Any], tree: Tree, path: str, problems: Problems) -> Shape:
    kind = KINDS.get(frozenset(values))
    if kind is None:
        message = f"{path} has the keys {', '.join(values) or 'none'}, which make no input"
        help = "an image has channels and size, tokens have tokens and dim (or grid and dim), a vector has features"
        raise problems.fail(Problem("input", message, tree.mark, path, help=help))
    sizes = {key: _size(value, tree, key, path, problems) for key, value in values.items()}
    if kind is Image:
        return Image(sizes["channels"][0], *(sizes["size"] * 2)[:2])
    if kind is Vector:
        return Vector(sizes["features"][0])
    grid = Grid(*(sizes["grid"] * 2)[:2]) if "grid" in sizes else None
    n = sizes["tokens"][0] if "tokens" in sizes else grid.n if grid else 0
    if grid and n != grid.n:
        message = f"{path}: a grid of {grid} has {grid.n} tokens, not {n}"
        raise problems.fail(Problem("input", message, tree.mark, path))
    return Tokens(n, sizes["dim"][0], grid)


def _size(value: Any, tree: Tree, key: str, path: str, problems: Problems) -> tuple[int, ...]:
    """One whole number, or the two sides of a size or a grid."""
    sizes = value if isinstance(value, tuple) and key in ("size", "grid") and len(value) == 2 else (value,)
    if not all(type(size) is int and 1 <= size <= LARGEST_SIDE for size in sizes):
        message = f"{path}.{key} takes a whole number from 1 to {LARGEST_SIDE:,}, got {show_value(value)}"
        mark = tree.entries.get(key, tree).mark if isinstance(tree, Fields) else tree.mark
        raise problems.fail(Problem("wrong-type", message, mark, f"{path}.{key}"))
    return sizes
