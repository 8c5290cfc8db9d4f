"""Drops nodes that are the identity: dropouts at rate 0, scales by 1."""

from __future__ import annotations

from archspec.compiler.rewrites.level import Level, at_each_level
from archspec.compiler.rewrites.rewrite import Rewrite
from archspec.graph import Block, Ref, Tokens
from archspec.ops.drop import Dropout, DropPath
from archspec.ops.merge import Scale


def drop(level: Level) -> None:
    """Let the readers of a no-op read what it reads. The names of the nodes that stay do not change."""
    for node in list(level.nodes.values()):
        if does_nothing(node.block):
            node = level.nodes[node.name]
            level.redirect(Ref(node.name), node.inputs[0])
            level.remove(node)
            level.record(node, f"{node.block.word} does nothing", numbers=node.shape.numel)


def does_nothing(block: Block) -> bool:
    """Whether a block gives back what it gets, in training too."""
    match block:
        case Dropout(rate=0) | DropPath(rate=0) | Scale(by=1):
            return True
    return False


REWRITE = Rewrite("exact", "drop", at_each_level(drop), (Dropout(rate=0), (Tokens(3, 4),)))
