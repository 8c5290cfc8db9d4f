"""Any batch: of no sample, of one, of several – each word on its examples, and each architecture."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archspec.compiler import compile
from archspec.compiler.laws import single
from archspec.graph import Block, Graph, Shape
from archspec.language.words import Vocabulary
from tests.compiler.test_compile import FAMILIES, MODES, images, small

VOCABULARY = Vocabulary()
CASES = [
    pytest.param(VOCABULARY[word], config, shapes, id=f"{word}-{place}")
    for word in VOCABULARY
    for place, (config, *shapes) in enumerate(VOCABULARY[word].examples)
]


def run(model: nn.Module, graph: Graph, batch: int) -> list[Tensor]:
    """The outputs for a batch of so many samples."""
    result = model(*(torch.randn(batch, *shape.sizes) for shape in graph.inputs.values()))
    return list(result) if isinstance(result, tuple) else [result]


@pytest.mark.parametrize(("block", "config", "shapes"), CASES)
def test_every_word_takes_a_batch_of_any_size(block: type[Block], config: dict[str, Any], shapes: list[Shape]) -> None:
    graph = single(block(**config), *shapes)
    model = compile(graph).eval()
    for batch in (0, 1, 3):
        outputs = run(model, graph, batch)
        assert [tuple(output.shape) for output in outputs] == [
            (batch, *graph.shape(ref).sizes) for ref in graph.outputs.values()
        ]


@FAMILIES
@MODES
def test_every_architecture_takes_a_batch_of_no_sample(family: str, training: bool) -> None:
    model = small(family).train(training)
    result = model(images(family)[:0])
    for output in result if isinstance(result, tuple) else (result,):
        assert output.shape[0] == 0
    assert all(value.isfinite().all() for value in model.state_dict().values())
