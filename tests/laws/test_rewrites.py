"""Every rewrite keeps its law, on every example of every op and block, and on every family in a small size."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archspec.compiler import compile, lower
from archspec.compiler.laws import single
from archspec.compiler.rewrites import rewrites
from archspec.graph import Graph
from archspec.language import load
from archspec.language.words import Vocabulary

EXAMPLES = [
    pytest.param(word, number, id=f"{word}-{number}")
    for word in Vocabulary()
    for number in range(len(Vocabulary()[word].examples))
]
FAMILIES = [
    ("vit", ["params.dim=24", "params.depth=2", "params.heads=2", "params.image=32", "params.drop_path=0"]),
    ("deepvit", ["params.dim=24", "params.depth=2", "params.heads=2", "params.image=32"]),
    ("levit_128s", ["params.image=64", "params.drop_path=0"]),
]


def outputs_and_gradients(model: nn.Module, values: list[Tensor], training: bool) -> list[Tensor]:
    """What a model gives, and the gradients of all that goes in: inputs and parameters."""
    torch.manual_seed(3)
    model.train(training)
    values = [value.clone().requires_grad_() for value in values]
    result: Any = model(*values)
    outputs = list(result) if isinstance(result, tuple) else [result]
    model.zero_grad()
    torch.stack([output.square().sum() for output in outputs]).sum().backward()
    grads = [leaf.grad for leaf in (*values, *model.parameters()) if leaf.requires_grad]
    return [*outputs, *(torch.zeros(()) if grad is None else grad for grad in grads)]


def check(graph: Graph, name: str) -> None:
    """With and without one rewrite: equal numbers in float64, and one state dict."""
    torch.manual_seed(1)
    plain = compile(graph, dtype=torch.float64, rewrites={})
    lowered = compile(graph, dtype=torch.float64, rewrites={name: rewrites()[name]})
    with torch.no_grad():
        for tensor in (*plain.parameters(), *plain.buffers()):
            if tensor.is_floating_point():
                tensor.copy_(torch.rand_like(tensor) + 0.1)
    lowered.load_state_dict(plain.state_dict())  # strict: the same keys and shapes
    values = [torch.randn(2, *shape.sizes, dtype=torch.float64) for shape in graph.inputs.values()]
    for training in (True, False):
        wanted = outputs_and_gradients(plain, values, training)
        actual = outputs_and_gradients(lowered, values, training)
        for a, b in zip(actual, wanted, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10 * float(b.detach().abs().max().clamp(min=1)))


@pytest.mark.parametrize("name", rewrites())
@pytest.mark.parametrize(("word", "number"), EXAMPLES)
def test_an_example_runs_alike(word: str, number: int, name: str) -> None:
    block = Vocabulary()[word]
    config, *shapes = block.examples[number]
    check(single(block(**config), *shapes), name)


@pytest.mark.parametrize("name", rewrites())
@pytest.mark.parametrize(("family", "overrides"), FAMILIES)
def test_a_family_runs_alike_and_the_rewrite_says_what_it_did(family: str, overrides: list[str], name: str) -> None:
    graph = load(family, overrides=overrides)
    check(graph, name)
    for record in lower(graph).records[name]:
        assert graph.find(record.path) and record.what


@pytest.mark.parametrize("name", rewrites())
def test_a_rewrite_changes_its_own_example(name: str) -> None:
    """A law that is tried on nothing would hold of anything."""
    block, shapes = rewrites()[name].example
    graph = single(block, *shapes)
    assert lower(graph).records[name]
    check(graph, name)
