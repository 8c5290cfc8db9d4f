"""Heads that attention takes apart are not gathered first: three copies less a layer of LeViT."""

from __future__ import annotations

from dataclasses import replace

from archspec.compiler.kernels.head_views import HeadViews
from archspec.compiler.rewrites.level import Level, at_each_level
from archspec.compiler.rewrites.rewrite import Rewrite
from archspec.graph import Composite, Grid, Ref, Scope, Tokens, Value
from archspec.ops.attention import BiasedAttention, DotAttention
from archspec.ops.layout import SplitHeads


def view(level: Level) -> None:
    """SplitHeads whose parts only attention with as many heads reads."""
    for node in list(level.nodes.values()):
        block = node.block
        if not isinstance(block, SplitHeads) or block.heads == 1 or not level.is_free(node):
            continue
        names = [name for port in range(len(node.outputs)) for name in level.readers(Ref(node.name, port))]
        if all(_takes_views(level, name, block.heads) for name in names):
            level.put(replace(node, block=HeadViews(heads=block.heads, parts=block.parts)))
            numbers = sum(shape.numel for shape in node.outputs)
            level.record(node, "each head's part is read where it lies", numbers=numbers)


def _takes_views(level: Level, name: str, heads: int) -> bool:
    node = level.nodes.get(name)
    if node is None or not level.is_free(node) or not isinstance(node.block, BiasedAttention | DotAttention):
        return False
    return node.block.heads == heads


class Attention(Composite):
    """Attention with a bias, of heads that are packed with their parts."""

    def expand(self, scope: Scope, x: Value[Tokens]) -> Value[Tokens]:
        q, k, v = scope("split", SplitHeads(heads=2, parts=(1, 1, 2)), x)
        y: Value[Tokens] = scope("attend", BiasedAttention(heads=2), q, k, v)
        return y


REWRITE = Rewrite("exact", "layout", at_each_level(view), (Attention(), (Tokens(6, 8, Grid(2, 3)),)))
