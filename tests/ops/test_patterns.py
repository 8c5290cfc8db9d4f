"""Patterns of `rearrange` and `reduce`: einops, run on tensors without memory, says which of them mean something."""

from __future__ import annotations

from typing import Any

import einops
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.errors import RuleError
from archspec.graph import Image, Tokens, Vector
from archspec.ops.layout import Rearrange, Reduce

KINDS = {1: "vector", 2: "tokens", 3: "image"}
NAMES = "abcd"


@st.composite
def patterns(draw: st.DrawFn) -> tuple[str, tuple[int, ...], dict[str, int], int]:
    """A pattern, the sizes of what it is for, sizes of axes, and the rank of its result; some mean nothing."""
    groups = draw(
        st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True), min_size=1, max_size=3)
    )
    known = {name: draw(st.integers(1, 3)) for name in NAMES}
    sizes = tuple(draw(st.sampled_from([1, 2, 3, 4, 6, 12])) for _ in groups)
    right = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3))
    axes = draw(st.sets(st.sampled_from(NAMES), max_size=3))
    return f"{_side(groups)} -> {' '.join(right)}", sizes, {name: known[name] for name in sorted(axes)}, len(right)


def _side(groups: list[list[str]]) -> str:
    return " ".join(names[0] if len(names) == 1 else f"({' '.join(names)})" for names in groups)


def shape_of(sizes: tuple[int, ...]) -> Any:
    """A shape of these sizes."""
    shapes: dict[int, type[Any]] = {1: Vector, 2: Tokens, 3: Image}
    return shapes[len(sizes)](*sizes)


def by_einops(pattern: str, sizes: tuple[int, ...], axes: dict[str, int], *, reduces: bool) -> tuple[int, ...] | None:
    """The sizes of the result; None where einops refuses the pattern."""
    x = torch.empty(sizes, device="meta")
    try:
        result = einops.reduce(x, pattern, "max", **axes) if reduces else einops.rearrange(x, pattern, **axes)
    except einops.EinopsError:
        return None
    return tuple(result.shape)


def by_ours(op: Rearrange | Reduce, sizes: tuple[int, ...]) -> tuple[int, ...] | None:
    """The same by our rule."""
    try:
        return op.infer(shape_of(sizes)).sizes
    except RuleError as error:
        assert str(error), "a refusal says why"
        return None


@settings(max_examples=600, deadline=None)
@given(patterns(), st.booleans())
def test_a_pattern_means_what_einops_says(
    case: tuple[str, tuple[int, ...], dict[str, int], int], reduces: bool
) -> None:
    pattern, sizes, axes, rank = case
    fields: dict[str, Any] = {"pattern": pattern, "to": KINDS[rank], "axes": axes}
    op = Reduce(by="max", **fields) if reduces else Rearrange(**fields)
    assert by_ours(op, sizes) == by_einops(pattern, sizes, axes, reduces=reduces)


@pytest.mark.parametrize(
    ("pattern", "to", "message"),
    [
        ("n c -> n", "vector", "c stands on one side only"),
        ("n c -> n c k", "image", "k stands on one side only"),
        ("n c", "tokens", "a pattern has two sides"),
        ("n c -> c -> n", "tokens", "a pattern has two sides"),
        ("n ... -> n", "vector", "name every axis"),
        ("n 4 -> n", "vector", "name every axis"),
        ("(n m) c -> n m c", "image", "give n or m a size under axes"),
    ],
)
def test_a_pattern_that_means_nothing_is_refused(pattern: str, to: Any, message: str) -> None:
    with pytest.raises(RuleError, match=message):
        Rearrange(pattern=pattern, to=to).infer(Tokens(5, 4))
