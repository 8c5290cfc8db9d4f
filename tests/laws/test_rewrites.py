"""Every rewrite keeps its law: on each example of each word, on each variant of each spec, on random graphs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from hypothesis import given
from torch import Tensor, nn

from archspec.compiler import compile, lower
from archspec.compiler.laws import single
from archspec.compiler.rewrites import Rewrite, rewrites
from archspec.graph import Graph
from archspec.language.words import Vocabulary
from tests.graph.test_random_graphs import RUNS, graph_of, specs
from tests.support.peers import randomise
from tests.support.reduced import reduced

EXAMPLES = [
    pytest.param(word, number, id=f"{word}-{number}")
    for word in Vocabulary()
    for number in range(len(Vocabulary()[word].examples))
]
TOLERANCE = {torch.float64: 1e-10, torch.float32: 2e-4}


def run(model: nn.Module, values: list[Tensor]) -> list[Tensor]:
    """What a model gives, with the same random numbers each time."""
    torch.manual_seed(3)
    result: Any = model(*values)
    return list(result) if isinstance(result, tuple) else [result]


def step(model: nn.Module, values: list[Tensor], training: bool) -> tuple[list[Tensor], list[Tensor | None]]:
    """What a model gives, and the gradients of all that goes in: inputs and parameters."""
    model.train(training).zero_grad()
    values = [value.clone().requires_grad_() for value in values]
    outputs = run(model, values)
    sum((output * torch.linspace(-1, 1, output.numel()).view_as(output).to(output)).sum() for output in outputs
        ).backward()  # type: ignore[union-attr]  # fmt: skip
    return [output.detach() for output in outputs], [leaf.grad for leaf in (*values, *model.parameters())]


def close(actual: Tensor, wanted: Tensor) -> None:
    bound = TOLERANCE[wanted.dtype] if wanted.is_floating_point() else 0
    largest = float(wanted.abs().max()) if wanted.numel() else 1.0
    torch.testing.assert_close(actual, wanted, rtol=bound, atol=bound * max(largest, 1e-3))


def models(graph: Graph, chosen: Mapping[str, Rewrite] | None, kind: torch.dtype) -> tuple[nn.Module, nn.Module]:
    """The graph as it is written and as it runs, with the same noise in every weight and statistic."""
    plain = randomise(compile(graph, dtype=kind, rewrites={}))
    lowered = compile(graph, dtype=kind, rewrites=chosen)
    assert list(lowered.state_dict()) == list(plain.state_dict())
    lowered.load_state_dict(plain.state_dict())
    return plain, lowered


def check(graph: Graph, chosen: Mapping[str, Rewrite] | None = None) -> None:
    """With and without rewrites: equal numbers, in training and evaluation, with gradients and without."""
    plain, lowered = models(graph, chosen, torch.float64)
    random = torch.Generator().manual_seed(1)
    values = [torch.randn(3, *shape.sizes, dtype=torch.float64, generator=random) for shape in graph.inputs.values()]
    for training in (True, False):
        wanted, actual = step(plain, values, training), step(lowered, values, training)
        for a, b in zip(actual[0], wanted[0], strict=True):
            close(a, b)
        for gradient, expected in zip(actual[1], wanted[1], strict=True):
            if expected is not None:
                assert gradient is not None, "a gradient is missing"
                close(gradient, expected)
            assert gradient is None or expected is not None or not gradient.any()
        for a, b in zip(lowered.state_dict().values(), plain.state_dict().values(), strict=True):
            close(a, b)
    for kind in (torch.float64, torch.float32):
        with torch.no_grad():
            few = [value[:1].to(kind) for value in values]
            for a, b in zip(run(lowered.to(kind), few), run(plain.to(kind), few), strict=True):
                close(a, b)


@pytest.mark.parametrize(("word", "number"), EXAMPLES)
def test_an_example_runs_alike(word: str, number: int) -> None:
    block = Vocabulary()[word]
    config, *shapes = block.examples[number]
    check(single(block(**config), *shapes))


@pytest.mark.parametrize("variant", reduced())
def test_a_variant_runs_alike_and_each_rewrite_says_what_it_did(variant: str) -> None:
    graph = reduced()[variant]
    check(graph)
    for records in lower(graph).records.values():
        for record in records:
            assert graph.find(record.path) and record.what and record.macs >= 0


@RUNS
@given(specs())
def test_a_random_graph_runs_alike(tmp_path_factory: Any, spec: dict[str, Any]) -> None:
    check(graph_of(spec, tmp_path_factory.getbasetemp()))


@pytest.mark.parametrize("name", rewrites())
def test_a_rewrite_changes_its_own_example(name: str) -> None:
    """A law that is tried on nothing would hold of anything."""
    rewrite = rewrites()[name]
    block, shapes = rewrite.example
    graph = single(block, *shapes)
    chosen = {other: each for other, each in rewrites().items() if other in (name, *rewrite.after)}
    assert lower(graph, chosen).records[name]
    check(graph, chosen)
