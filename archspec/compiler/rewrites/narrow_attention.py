"""Few queries ask many tokens: (q K) xᵀ costs less than q (x Kᵀ)ᵀ, whose keys are made for every token.

For n queries, m tokens, c channels, h heads: n · c² + h · n · m · c in place of m · c², for keys and for values.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from archspec.compiler.kernels.narrow import NarrowAttention, NarrowScores, NarrowValues
from archspec.compiler.kernels.part_linear import PartLinear
from archspec.compiler.rewrites.level import Level, at_each_level, held, kernel_node
from archspec.compiler.rewrites.rewrite import Rewrite
from archspec.graph import Composite, Grid, Node, Ref, Scope, Span, Tokens, Value
from archspec.ops.attention import AttentionScores, DotAttention, WeightedValues
from archspec.ops.linear import Linear
from archspec.ops.token import SplitPrefix


class Projection(NamedTuple):
    """A linear map of all tokens that only attention reads."""

    node: Node
    x: Ref
    owner: str
    """The node that holds the weights."""
    features: Span | None
    """Which of its features; None for all."""


def narrow(level: Level) -> None:
    for node in list(level.nodes.values()):
        if not level.is_free(node):
            continue
        match node.block:
            case DotAttention(dropout=0):
                _attention(level, node)
            case AttentionScores():
                _scores(level, node)
            case WeightedValues():
                _values(level, node)


def _attention(level: Level, node: Node) -> None:
    block, (q, k, v) = node.block, node.inputs
    keys, values = _projection(level, k), _projection(level, v)
    if keys is None or values is None or keys.x != values.x or keys.node is values.node:
        return
    assert isinstance(block, DotAttention)
    n, inner = level.shape(q).sizes
    saved = _saved(level, keys, n, block.heads, inner) + _saved(level, values, n, block.heads, node.shape.sizes[-1])
    if saved <= 0:
        return
    kernel = NarrowAttention(
        heads=block.heads,
        scale=block.scale or (inner // block.heads) ** -0.5,
        k=keys.features,
        v=values.features,
        weights=(keys.owner, values.owner),
    )
    total = node.cost.macs + keys.node.cost.macs + values.node.cost.macs
    level.put(kernel_node(node, kernel, q, keys.x, macs=total - saved))
    _hold(level, keys, values)
    numbers = keys.node.shape.numel + values.node.shape.numel
    level.record(node, "keys and values of no token are made", saved, numbers)


def _scores(level: Level, node: Node) -> None:
    block, (q, k) = node.block, node.inputs
    keys = _projection(level, k)
    assert isinstance(block, AttentionScores)
    n, inner = level.shape(q).sizes
    if keys is None or (saved := _saved(level, keys, n, block.heads, inner)) <= 0:
        return
    scale = block.scale or (inner // block.heads) ** -0.5
    kernel = NarrowScores(heads=block.heads, scale=scale, features=keys.features, weights=(keys.owner,))
    level.put(kernel_node(node, kernel, q, keys.x, macs=node.cost.macs + keys.node.cost.macs - saved))
    _hold(level, keys)
    level.record(node, "keys of no token are made", saved, keys.node.shape.numel)


def _values(level: Level, node: Node) -> None:
    maps, v = node.inputs
    values = _projection(level, v)
    heads, n, _ = level.shape(maps).sizes
    if values is None or (saved := _saved(level, values, n, heads, node.shape.sizes[-1])) <= 0:
        return
    kernel = NarrowValues(features=values.features, weights=(values.owner,))
    level.put(kernel_node(node, kernel, maps, values.x, macs=node.cost.macs + values.node.cost.macs - saved))
    _hold(level, values)
    level.record(node, "values of no token are made", saved, values.node.shape.numel)


def _projection(level: Level, ref: Ref) -> Projection | None:
    node = level.source(ref)
    if node is None:
        return None
    if type(node.block) is Linear:
        return Projection(node, node.inputs[0], node.name, None)
    if isinstance(node.block, PartLinear):
        (owner,) = node.block.weights
        return Projection(node, node.inputs[0], owner, (node.block.start, node.block.stop))
    return None


def _saved(level: Level, projection: Projection, n: int, heads: int, inner: int) -> int:
    """MACs that the other order saves; 0 where it saves less than half."""
    m, c = level.shape(projection.x).sizes
    before = m * c * inner + n * m * inner
    after = n * c * inner + heads * n * m * c
    return before - after if 2 * after <= before else 0


def _hold(level: Level, *projections: Projection) -> None:
    for projection in projections:
        node = projection.node
        if isinstance(node.block, PartLinear):
            level.remove(replace(node, cost=replace(node.cost, params=0)))
        else:
            level.put(held(node, tuple(level.shape(ref) for ref in node.inputs)))


class ClassAttention(Composite):
    """The tokens in front ask all."""

    def expand(self, scope: Scope, x: Value[Tokens]) -> Value[Tokens]:
        front, _ = scope("split", SplitPrefix(), x)
        q, k, v = (scope(name, Linear(features=32), each) for name, each in zip("qkv", (front, x, x), strict=True))
        y: Value[Tokens] = scope("attend", DotAttention(heads=2), q, k, v)
        return y


REWRITE = Rewrite("exact", "order", at_each_level(narrow), (ClassAttention(), (Tokens(17, 32, Grid(4, 4), ("cls",)),)))
