"""A linear map to q, k and v, of which q is read of few tokens, taken apart: each part is computed for its readers."""

from __future__ import annotations

from dataclasses import replace

from archspec.compiler.kernels.part_linear import PartLinear
from archspec.compiler.kernels.rows import Rows
from archspec.compiler.rewrites.level import Level, at_each_level, held, kernel_node
from archspec.compiler.rewrites.live_tokens import Attention
from archspec.compiler.rewrites.rewrite import Rewrite
from archspec.graph import Grid, Node, Ref, Tokens
from archspec.ops.layout import Split
from archspec.ops.linear import Linear


def take_apart(level: Level) -> None:
    """Linear → Split, of whose parts one is read by `Rows` alone."""
    for node in list(level.nodes.values()):
        if not isinstance(node.block, Split) or not level.is_free(node):
            continue
        linear = level.source(node.inputs[0])
        cuts = [_cut(level, Ref(node.name, port)) for port in range(3)]
        if linear is not None and type(linear.block) is Linear and any(cuts):
            _replace(level, linear, node, cuts)


def _cut(level: Level, ref: Ref) -> Node | None:
    """The one reader of a part, where that takes some of its rows."""
    readers = level.readers(ref)
    node = level.nodes.get(readers[0]) if len(readers) == 1 else None
    return node if node and isinstance(node.block, Rows) else None


def _replace(level: Level, linear: Node, split: Node, cuts: list[Node | None]) -> None:
    assert isinstance(split.block, Split) and isinstance(linear.block, Linear)
    (x,), c = linear.inputs, split.shape.sizes[-1]
    macs = 0
    for port, (title, cut) in enumerate(zip("qkv", cuts, strict=True)):
        start = split.block.order.index(title) * c
        kernel = PartLinear(start=start, stop=start + c, weights=(linear.name,))
        name = level.fresh(f"{linear.name}_{title}")
        read = x
        if cut:
            assert isinstance(cut.block, Rows)
            read = Ref(level.fresh(f"{name}_rows"))
            shape = level.shape(x).cut(cut.block.start, cut.block.stop)
            level.insert(replace(cut, name=read.node, inputs=(x,), outputs=(shape,)), before=split.name)
        rows, width = level.shape(read).sizes
        part = Node(name, kernel, (), (cut.shape if cut else split.outputs[port],))
        level.insert(kernel_node(part, kernel, read, macs=rows * width * c), before=split.name)
        macs += rows * width * c
        level.redirect(Ref(cut.name) if cut else Ref(split.name, port), Ref(name))
    for cut in cuts:
        if cut:
            level.remove(cut)
    level.remove(split)
    level.put(held(linear, tuple(level.shape(ref) for ref in linear.inputs)))
    few = [cut.shape.rows for cut in cuts if cut]
    level.record(linear, f"q, k and v apart: {few[0]} of {linear.shape.rows} rows", linear.cost.macs - macs)


REWRITE = Rewrite("exact", "order", at_each_level(take_apart), (Attention(), (Tokens(7, 8, Grid(2, 3), ("cls",)),)),
                  after=("live_tokens",))  # fmt: skip
