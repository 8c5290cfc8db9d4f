"""Attention kernels: queries, keys and values in, attended values out. The projections around them are blocks."""

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from archspec.errors import RuleError
from archspec.graph import AttentionMap, Cost, Grid, Op, Rate, Rows, Size, Tokens, divide
from archspec.ops.conv import Pair, pair
from archspec.ops.init import Init

if TYPE_CHECKING:
    from torch import nn

Scale = Annotated[float, Field(gt=0, lt=1e6)]


def attended(heads: int, q: Tokens, k: Tokens, v: Tokens) -> Tokens:
    """The shape of softmax(QKᵀ) V: one row per query, with the values' width."""
    divide(q.c, heads, "heads", f"the {q.c} channels of the queries ({q})")
    divide(v.c, heads, "heads", f"the {v.c} channels of the values ({v})")
    if q.c != k.c:
        raise RuleError(f"queries of {q.c} channels do not meet keys of {k.c}")
    if k.n != v.n:
        raise RuleError(f"{k.n} keys do not meet {v.n} values")
    return q.wide(v.c)


def products(q: Tokens, k: Tokens, v: Tokens) -> int:
    """MACs of QKᵀ and of AV; the number of heads does not matter, since they divide the channels."""
    return q.n * k.n * (q.c + v.c)


class DotAttention(Op):
    """softmax(s · QKᵀ) V, head by head (Vaswani et al. 2017, eq. 1)."""

    role: ClassVar[str] = "attention"
    rows: ClassVar[Rows] = "asked"
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

    def build(self, q: Tokens, k: Tokens, v: Tokens) -> "nn.Module":
        from archspec.ops.layers.attention import DotAttention

        return DotAttention(self.heads, self.scale or (q.c // self.heads) ** -0.5, self.dropout)


class AttentionScores(Op):
    """s · QKᵀ, one map per head, for attention that mixes heads before or after the softmax."""

    role: ClassVar[str] = "attention"
    rows: ClassVar[Rows] = "asked"
    examples: ClassVar = [
        ({"heads": 2}, Tokens(5, 8, Grid(2, 2), ("cls",)), Tokens(5, 8)),
        ({"heads": 2, "scale": 0.5}, Tokens(1, 8), Tokens(3, 8)),
    ]

    heads: Size
    scale: Scale | None = None
    """s; where none is given, (channels per head)^-½."""

    def label(self) -> str:
        return f"QKᵀ, {self.heads} head{'s' * (self.heads > 1)}"

    def infer(self, q: Tokens, k: Tokens) -> AttentionMap:
        attended(self.heads, q, k, k)
        return AttentionMap(self.heads, q.n, k.n, q)

    def cost(self, q: Tokens, k: Tokens) -> Cost:
        return Cost(macs=q.n * k.n * q.c)

    def build(self, q: Tokens, k: Tokens) -> "nn.Module":
        from archspec.ops.layers.attention import AttentionScores

        return AttentionScores(self.heads, self.scale or (q.c // self.heads) ** -0.5)


class Softmax(Op):
    """Softmax of attention scores over the keys."""

    role: ClassVar[str] = "activation"
    rows: ClassVar[Rows] = "each"
    examples: ClassVar = [({}, AttentionMap(2, 5, 3, Tokens(5, 8)))]

    def infer(self, x: AttentionMap) -> AttentionMap:
        return x

    def cost(self, x: AttentionMap) -> Cost:
        return Cost()

    def build(self, x: AttentionMap) -> "nn.Module":
        from torch import nn

        return nn.Softmax(dim=-1)


class MixHeads(Op):
    """A learned linear combination of the heads' attention maps, entry by entry."""

    role: ClassVar[str] = "linear"
    rows: ClassVar[Rows] = "each"
    examples: ClassVar = [
        ({}, AttentionMap(2, 5, 3, Tokens(5, 8))),
        ({"bias": False, "init": "normal"}, AttentionMap(4, 5, 5, Tokens(5, 8))),
    ]

    bias: bool = True
    init: Init = "torch"

    def infer(self, x: AttentionMap) -> AttentionMap:
        return x

    def cost(self, x: AttentionMap) -> Cost:
        return Cost(params=(x.c + self.bias) * x.c, macs=x.c * x.numel)

    def build(self, x: AttentionMap) -> "nn.Module":
        from archspec.ops.layers.attention import MixHeads

        return MixHeads(x.c, bias=self.bias, init=self.init)


class WeightedValues(Op):
    """AV: the values weighted by the attention map, head by head."""

    role: ClassVar[str] = "attention"
    rows: ClassVar[Rows] = "asked"
    examples: ClassVar = [({}, AttentionMap(2, 5, 3, Tokens(5, 8, Grid(2, 2), ("cls",))), Tokens(3, 12))]

    def label(self) -> str:
        return "AV"

    def infer(self, weights: AttentionMap, v: Tokens) -> Tokens:
        divide(v.c, weights.c, "heads", f"the {v.c} channels of the values ({v})")
        if weights.w != v.n:
            raise RuleError(f"weights for {weights.w} keys do not meet {v.n} values")
        return weights.queries.wide(v.c)

    def cost(self, weights: AttentionMap, v: Tokens) -> Cost:
        return Cost(macs=weights.h * v.numel)

    def build(self, weights: AttentionMap, v: Tokens) -> "nn.Module":
        from archspec.ops.layers.attention import WeightedValues

        return WeightedValues()


class PerformerAttention(Op):
    """φ(Q) (φ(K)ᵀ V) / (φ(Q) Σφ(K) + ε) with φ(z) = exp(w z − |z|²/2) / √features: softmax attention in linear time.

    The rows of w are orthogonal; it is drawn once, never trained, and saved with the weights.
    (Choromanski et al. 2021, §2.3; T2T-ViT, §3.3.)
    """

    role: ClassVar[str] = "attention"
    rows: ClassVar[Rows] = "asked"
    examples: ClassVar = [({"features": 4}, Tokens(6, 8, Grid(2, 3)), Tokens(6, 8), Tokens(6, 8))]

    features: Size
    eps: Annotated[float, Field(gt=0, lt=1)] = 1e-8

    def label(self) -> str:
        return f"performer, {self.features} features"

    def infer(self, q: Tokens, k: Tokens, v: Tokens) -> Tokens:
        return attended(1, q, k, v)

    def cost(self, q: Tokens, k: Tokens, v: Tokens) -> Cost:
        w = self.features * q.c
        products = k.n * self.features * v.c + q.n * self.features * (v.c + 1)
        return Cost(params=w, frozen=w, macs=(q.n + k.n) * w + products)

    def build(self, q: Tokens, k: Tokens, v: Tokens) -> "nn.Module":
        from archspec.ops.layers.attention import PerformerAttention

        return PerformerAttention(self.features, q.c, self.eps)


class BiasedAttention(Op):
    """softmax(s · QKᵀ + B) V: B is learned per head and per relative offset |Δrow|, |Δcolumn| (LeViT, §4.2).

    The keys lie on a grid, the queries on every `stride`-th row and column; prefix tokens have no position and no bias.
    """

    role: ClassVar[str] = "attention"
    examples: ClassVar = [
        ({"heads": 2}, Tokens(6, 8, Grid(2, 3)), Tokens(6, 8, Grid(2, 3)), Tokens(6, 12, Grid(2, 3))),
        ({"heads": 2, "stride": 2}, Tokens(4, 8, Grid(2, 2)), Tokens(12, 8, Grid(3, 4)), Tokens(12, 8, Grid(3, 4))),
        (
            {"heads": 1, "bias": "divided", "init": "normal"},
            *[Tokens(7, 8, Grid(2, 3), ("cls",))] * 3,
        ),
    ]

    heads: Size
    scale: Scale | None = None
    """s; where none is given, (channels per head)^-½."""
    stride: Pair = 1
    """Rows and columns of keys from one query to the next."""
    bias: Literal["added", "scaled", "divided"] = "added"
    """Whether B enters as it is, as s · B (the scores are scaled last), or as B / s (vit-pytorch)."""
    init: Init = "zeros"
    dropout: Rate = 0.0

    def label(self) -> str:
        return f"biased attention, {self.heads} head{'s' * (self.heads > 1)}"

    def infer(self, q: Tokens, k: Tokens, v: Tokens) -> Tokens:
        down, across = pair(self.stride)
        if q.grid is None or k.grid is None:
            raise RuleError(f"distances are measured on a grid, which {k if q.grid else q} do not have", code="grid")
        if q.grid != Grid(-(-k.grid.h // down), -(-k.grid.w // across)):
            message = f"every {down}. row and {across}. column of the keys' {k.grid} is not the queries' {q.grid}"
            raise RuleError(message, code="grid", field="stride")
        return attended(self.heads, q, k, v)

    def cost(self, q: Tokens, k: Tokens, v: Tokens) -> Cost:
        return Cost(params=self.heads * k.body.n, macs=products(q, k, v), buffers=q.body.n * k.body.n)

    def build(self, q: Tokens, k: Tokens, v: Tokens) -> "nn.Module":
        from archspec.ops.layers.attention import BiasedAttention

        assert k.grid
        scale = self.scale or (q.c // self.heads) ** -0.5
        factor = {"added": 1.0, "scaled": scale, "divided": 1 / scale}[self.bias]
        return BiasedAttention(self.heads, scale, factor, (k.grid.h, k.grid.w), pair(self.stride),
                               front=(len(q.prefix), len(k.prefix)), init=self.init, dropout=self.dropout)  # fmt: skip
