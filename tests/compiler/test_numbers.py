"""Every op's numbers against torch's own functions, said here once more: on each of its examples, with noise in every
tensor, in evaluation. No op is without an entry, and none gives zeros."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from archspec.compiler import compile
from archspec.compiler.laws import single
from archspec.graph import Op, Shape, Tokens
from archspec.language.words import Vocabulary
from archspec.ops.layers.drop import DropPath
from archspec.ops.token import SelectToken
from tests.support.agreement import assert_close
from tests.support.peers import BATCH, randomise

VOCABULARY = Vocabulary()
OPS = [word for word in VOCABULARY if issubclass(VOCABULARY[word], Op)]


@dataclass(frozen=True)
class At:
    """An op on one of its examples: config, shapes of what it reads, its tensors by name."""

    block: Any
    shapes: Any
    w: Mapping[str, Tensor]


def by_head(x: Tensor, heads: int) -> Tensor:
    """(b, n, h·d) → (b, h, n, d)."""
    return torch.stack(x.chunk(heads, 2), 1)


def scores(block: Any, q: Tensor, k: Tensor) -> Any:
    q, k = by_head(q, block.heads), by_head(k, block.heads)
    scale = block.scale or q.shape[-1] ** -0.5
    return torch.einsum("bhnd, bhmd -> bhnm", q, k) * scale


def values(maps: Tensor, v: Tensor) -> Tensor:
    y = torch.einsum("bhnm, bhmd -> bhnd", maps, by_head(v, maps.shape[1]))
    return torch.cat(y.unbind(1), 2)


def biased(at: At, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Entry by entry: a bias for the distance of two cells, none where a token in front asks or is asked."""
    asking, asked, block = at.shapes[0], at.shapes[1], at.block
    step = block.stride if isinstance(block.stride, int) else block.stride[0]
    maps = scores(block, q, k)
    scale = block.scale or (q.shape[2] // block.heads) ** -0.5
    factor = {"added": 1.0, "scaled": scale, "divided": 1 / scale}[block.bias]
    bias = torch.zeros(maps.shape[1:])
    for n in range(asking.grid.n):
        for m in range(asked.grid.n):
            row, column = n // asking.grid.w * step, n % asking.grid.w * step
            down, across = abs(row - m // asked.grid.w), abs(column - m % asked.grid.w)
            place = (slice(None), len(asking.prefix) + n, len(asked.prefix) + m)
            bias[place] = at.w["bias"][:, down * asked.grid.w + across] * factor
    return values((maps + bias).softmax(-1), v)


def performer(at: At, q: Tensor, k: Tensor, v: Tensor) -> Any:
    def features(x: Tensor) -> Any:
        terms = torch.einsum("bnd, md -> bnm", x, at.w["w"]) - (x * x).sum(2, keepdim=True) / 2
        return terms.exp() / at.block.features**0.5

    maps = torch.einsum("bnf, bmf -> bnm", features(q), features(k))
    return maps @ v / (maps.sum(2, keepdim=True) + at.block.eps)


def layer_norm(at: At, x: Tensor) -> Any:
    axis = 1 if x.ndim == 4 else -1
    side = [1, -1, 1, 1] if x.ndim == 4 else [-1]
    mean, variance = x.mean(axis, keepdim=True), x.var(axis, correction=0, keepdim=True)
    root = (variance + at.block.eps).sqrt() if at.block.eps_on == "variance" else variance.sqrt() + at.block.eps
    return (x - mean) / root * at.w["weight"].view(side) + at.w["bias"].view(side)


def batch_norm(at: At, x: Tensor) -> Any:
    x = x.movedim(1, -1) if x.ndim == 4 else x
    y = (x - at.w["running_mean"]) / (at.w["running_var"] + at.block.eps).sqrt() * at.w["weight"] + at.w["bias"]
    return y.movedim(-1, 1) if x.ndim == 4 else y


def split(at: At, x: Tensor) -> tuple[Tensor, ...]:
    parts = dict(zip(at.block.order, x.chunk(3, 2), strict=True))
    return parts["q"], parts["k"], parts["v"]


def split_heads(at: At, x: Tensor) -> tuple[Tensor, ...]:
    heads = [head.split(at.block.parts, 2) for head in x.chunk(at.block.heads, 2)]
    return tuple(torch.cat(part, 2) for part in zip(*heads, strict=True))


def subsample(at: At, x: Tensor) -> Tensor:
    down, across = (at.block.stride,) * 2 if isinstance(at.block.stride, int) else at.block.stride
    if x.ndim == 4:
        return x[:, :, ::down, ::across]
    shape = at.shapes[0]
    front, body = x[:, : len(shape.prefix)], x[:, len(shape.prefix) :]
    return torch.cat((front, body.unflatten(1, (shape.grid.h, shape.grid.w))[:, ::down, ::across].flatten(1, 2)), 1)


REARRANGED: dict[str, Callable[[Tensor], Tensor]] = {
    "c (h p) (w q) -> (c p q) h w": lambda x: F.pixel_unshuffle(x, 2),
    "c (h p) (w q) -> (h w) (p q c)": lambda x: (
        F.unfold(x, 2, stride=2).unflatten(1, (x.shape[1], 4)).permute(0, 3, 2, 1).flatten(2)
    ),
    "n c -> (n c)": lambda x: x.flatten(1),
    "c h w -> c": lambda x: x.mean((2, 3)),
    "(n two) c -> n c": lambda x: torch.maximum(x[:, ::2], x[:, 1::2]),
}


def resize(at: At, x: Tensor) -> Tensor:
    size = (at.block.size,) * 2 if isinstance(at.block.size, int) else at.block.size
    corners = {} if at.block.mode == "nearest" else {"align_corners": False}
    return F.interpolate(x, size, mode=at.block.mode, **corners)


def mean_pool(at: At, x: Tensor) -> Tensor:
    if x.ndim == 4:
        return x.mean((2, 3))
    shape, block = at.shapes[0], at.block
    names = [*shape.prefix, *[None] * (shape.n - len(shape.prefix) - len(shape.suffix)), *shape.suffix]
    counted = [place for place, name in enumerate(names) if name is None
               or (block.prefix and name in shape.prefix) or (block.suffix and name in shape.suffix)]  # fmt: skip
    return x[:, counted].mean(1)


ACTS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": lambda x: x * (1 + torch.erf(x / 2**0.5)) / 2, "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "relu": lambda x: x.clamp(min=0), "hardswish": lambda x: x * (x + 3).clamp(0, 6) / 6,
    "silu": lambda x: x * torch.sigmoid(x), "sigmoid": lambda x: 1 / (1 + (-x).exp()),
}  # fmt: skip


def tokens(at: At, batch: int = BATCH) -> Tensor:
    return at.w["token"].expand(batch, -1, -1)


ORACLES: dict[str, Callable[..., Any]] = {
    "activation": lambda at, x: ACTS[at.block.kind](x),
    "add": lambda _, *xs: torch.stack(xs).sum(0),
    "append_tokens": lambda at, x: torch.cat((x, tokens(at)), 1),
    "attention_scores": lambda at, q, k: scores(at.block, q, k),
    "batch_norm": batch_norm,
    "biased_attention": biased,
    "class_token": lambda at, x: torch.cat((tokens(at), x), 1),
    "concat": lambda _, *xs: torch.cat(xs, 1 if xs[0].ndim == 4 else -1),
    "conv2d": lambda at, x: F.conv2d(
        x, at.w["weight"], at.w.get("bias"), at.block.stride, at.block.padding, 1, at.block.groups
    ),
    "dot_attention": lambda at, q, k, v: values(scores(at.block, q, k).softmax(-1), v),
    "drop_path": lambda _, x: x,
    "dropout": lambda _, x: x,
    "gate": lambda _, x, gate: x * (gate[:, :, None, None] if x.ndim == 4 else gate[:, None]),
    "join": lambda _, front, body: torch.cat((front, body), 1),
    "layer_norm": layer_norm,
    "layer_scale": lambda at, x: x * at.w["gamma"],
    "linear": lambda at, x: F.linear(x, at.w["weight"], at.w.get("bias")),
    "mean": lambda _, *xs: torch.stack(xs).mean(0),
    "mean_pool": mean_pool,
    "mix_heads": lambda at, x: (
        torch.einsum("gh, bhnm -> bgnm", at.w["weight"], x) + (at.w["bias"].view(1, -1, 1, 1) if "bias" in at.w else 0)
    ),
    "performer_attention": performer,
    "position_embedding": lambda at, x: x + at.w["position"],
    "prepend_tokens": lambda at, x: torch.cat((tokens(at), x), 1),
    "rearrange": lambda at, x: REARRANGED[at.block.pattern](x),
    "reduce": lambda at, x: REARRANGED[at.block.pattern](x),
    "resize": resize,
    "scale": lambda at, x: x * at.block.by,
    "select_token": lambda at, x: x[:, at.shapes[0].prefix.index(at.block.token)],
    "sinusoid_position": lambda at, x: x + at.w["position"],
    "softmax": lambda _, x: x.exp() / x.exp().sum(-1, keepdim=True),
    "split": split,
    "split_heads": split_heads,
    "split_prefix": lambda at, x: (x[:, : len(at.shapes[0].prefix)], x[:, len(at.shapes[0].prefix) :]),
    "subsample": subsample,
    "to_image": lambda at, x: x.mT.unflatten(2, (at.shapes[0].grid.h, at.shapes[0].grid.w)),
    "to_tokens": lambda _, x: x.flatten(2).mT,
    "token": lambda at, x: tokens(at),
    "unfold": lambda at, x: F.unfold(x, at.block.kernel, 1, at.block.padding, at.block.stride).mT,
    "weighted_values": lambda _, maps, v: values(maps, v),
}
CASES = [
    pytest.param(word, config, shapes, id=f"{word}-{place}")
    for word in OPS
    for place, (config, *shapes) in enumerate(VOCABULARY[word].examples)
]


def test_every_op_has_an_oracle() -> None:
    assert set(OPS) == ORACLES.keys()


@torch.no_grad()
@pytest.mark.parametrize(("word", "config", "shapes"), CASES)
def test_the_numbers_are_those_of_torch(word: str, config: dict[str, Any], shapes: list[Shape]) -> None:
    block = VOCABULARY[word](**config)
    graph = single(block, *shapes)
    model = randomise(compile(graph, rewrites={})).eval()
    random = torch.Generator().manual_seed(3)
    inputs = [torch.randn(BATCH, *shape.sizes, generator=random) for shape in graph.inputs.values()]
    weights = {name.rpartition(".")[2]: tensor for name, tensor in model.state_dict().items()}
    actual, expected = model(*inputs), ORACLES[word](At(block, shapes, weights), *inputs)
    pairs = zip(*((y,) if isinstance(y, Tensor) else y for y in (actual, expected)), strict=True)
    for ours, theirs in pairs:
        assert_close(ours, theirs, 1e-5)
        assert ours.abs().max() > 0.01


def test_a_token_behind_the_others_is_picked_by_its_name() -> None:
    x = torch.randn(2, 8, 4)
    graph = single(SelectToken(token="dist"), Tokens(8, 4, None, ("cls",), ("dist", "more")))
    assert torch.equal(compile(graph)(x), x[:, 6])


def test_drop_path_drops_whole_samples_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    x = torch.randn(4000, 3, 2)
    y = DropPath(0.25).train()(x)
    dropped = (y == 0).all((1, 2))
    assert torch.allclose(y[~dropped], x[~dropped] / 0.75)
    assert 0.22 < float(dropped.float().mean()) < 0.28
