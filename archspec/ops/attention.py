"""Attention kernels: queries, keys and values in, attended values out. The projections around them are blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from archspec.block import Op, Rate, Size, divide
from archspec.errors import RuleError
from archspec.shape import Cost, Grid, Tokens

if TYPE_CHECKING:
    from torch import nn

Scale = Annotated[float, Field(gt=0, lt=1e6)]


def attended(heads: int, q: Tokens, k: Tokens, v: Tokens) -> Tokens:
    """The shape of attended values: a row for every query, as wide as the values."""
    divide(q.c, heads, "heads", f"the {q.c} channels of the queries ({q})")
    divide(v.c, heads, "heads", f"the {v.c} channels of the values ({v})")
    if q.c != k.c:
        raise RuleError(f"queries of {q.c} channels do not meet keys of {k.c}")
    if k.n != v.n:
        raise RuleError(f"{k.n} keys do not meet {v.n} values")
    return q.wide(v.c)


def products(q: Tokens, k: Tokens, v: Tokens) -> int:
    """MACs of QKᵀ and of AV; the heads share the channels, so their number does not matter."""
    return q.n * k.n * (q.c + v.c)


class DotAttention(Op):
    """softmax(s · QKᵀ) V, head by head (Vaswani et al. 2017, eq. 1)."""

    role: ClassVar[str] = "attention"
    examples: ClassVar = [
        ({"heads": 2}, Tokens(5, 8, Grid(2, 2), ("cls",)), Tokens(5, 8), Tokens(5, 8)),
        ({"heads": 2, "scale": 0.5}, Tokens(5, 8), Tokens(3, 8), Tokens(3, 12)),
    ]

    heads: Size
    scale: Scale | None = None
    """s; where none is given, (channels per head)^-½."""
    dropout: Rate = 0.0

    def label(self) -> str:
        return f"attention, {self.heads} head{'s' * (self.heads > 1)}"

    def infer(self, q: Tokens, k: Tokens, v: Tokens) -> Tokens:
        return attended(self.heads, q, k, v)

    def cost(self, q: Tokens, k: Tokens, v: Tokens) -> Cost:
        return Cost(macs=products(q, k, v))

    def build(self, q: Tokens, k: Tokens, v: Tokens) -> nn.Module:
        from archspec.layers import DotAttention

        return DotAttention(self.heads, self.scale or (q.c // self.heads) ** -0.5, self.dropout)
