"""Scores, mixes of heads, softmax and weighted values as one node, whose maps need not all be in memory at once."""

from __future__ import annotations

from dataclasses import dataclass

from archspec.compiler.kernels.mixed_attention import MixedAttention, Norm
from archspec.compiler.rewrites.level import Level, at_each_level, kernel_node
from archspec.compiler.rewrites.rewrite import Rewrite
from archspec.graph import Composite, Node, Scope, Tokens, Value
from archspec.ops.attention import AttentionScores, MixHeads, Softmax, WeightedValues
from archspec.ops.merge import Scale
from archspec.ops.norm import BatchNorm, LayerNorm


@dataclass(slots=True)
class Chain:
    """What stands between the scores and the weighted values."""

    nodes: list[Node]
    first: bool
    norm: Norm
    gain: float

    @property
    def weights(self) -> tuple[str, ...]:
        return tuple(node.name for node in self.nodes if node.cost.params)


def fuse(level: Level) -> None:
    for node in list(level.nodes.values()):
        if not isinstance(node.block, AttentionScores):
            continue
        between: list[Node] = []
        after = level.only_reader(node)
        while after and not isinstance(after.block, WeightedValues):
            between.append(after)
            after = level.only_reader(after)
        chain = _chain(between)
        if after and chain and level.is_free(after) and all(map(level.is_free, between)):
            _replace(level, node, chain, after)


def _chain(nodes: list[Node]) -> Chain | None:
    """[MixHeads] Softmax MixHeads [LayerNorm or BatchNorm] [Scale], or nothing."""
    blocks = [node.block for node in nodes]
    first = bool(blocks) and isinstance(blocks[0], MixHeads)
    norm: Norm = "none"
    gain = 1.0
    match blocks[first:]:
        case [Softmax(), MixHeads(), *rest]:
            match rest[:1]:
                case [LayerNorm(eps_on="variance")]:
                    norm, rest = "layer", rest[1:]
                case [BatchNorm()]:
                    norm, rest = "batch", rest[1:]
            match rest:
                case [Scale(by=by)]:
                    gain = by
                case [_, *_]:
                    return None
            return Chain(nodes, first, norm, gain)
    return None


def _replace(level: Level, scores: Node, chain: Chain, values: Node) -> None:
    block, (q, k), v = scores.block, scores.inputs, values.inputs[1]
    assert isinstance(block, AttentionScores)
    kernel = MixedAttention(
        heads=block.heads,
        scale=block.scale or (level.shape(q).sizes[-1] // block.heads) ** -0.5,
        first=chain.first,
        norm=chain.norm,
        gain=chain.gain,
        weights=chain.weights,
    )
    macs = sum(node.cost.macs for node in (scores, *chain.nodes, values))
    level.put(kernel_node(values, kernel, q, k, v, macs=macs))
    for node in (*reversed(chain.nodes), scores):
        level.remove(node)
    written = sum(node.shape.numel for node in (scores, *chain.nodes)) - scores.shape.numel  # the softmax is kept
    level.record(values, "its maps are made, mixed and applied together", numbers=written)


class ReAttention(Composite):
    """The maps of all heads are mixed, and normalised over the heads."""

    def expand(self, scope: Scope, q: Value[Tokens], k: Value[Tokens]) -> Value[Tokens]:
        maps = scope("softmax", Softmax(), scope("scores", AttentionScores(heads=2), q, k))
        maps = scope("norm", LayerNorm(), scope("mix", MixHeads(), maps))
        y: Value[Tokens] = scope("attend", WeightedValues(), maps, k)
        return y


REWRITE = Rewrite("exact", "fuse", at_each_level(fuse), (ReAttention(), (Tokens(5, 8), Tokens(7, 8))))
