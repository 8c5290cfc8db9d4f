"""Laws over a table: torch, on the meta device, is the oracle of every rule that a block states about itself."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archspec.block import Block, Op, Ref
from archspec.compile import compile
from archspec.graph import Graph, Node
from archspec.infer import infer, port_names
from archspec.lower import lower
from archspec.shape import Shape
from archspec.vocabulary import Vocabulary

VOCABULARY = Vocabulary()
CASES = [
    pytest.param(VOCABULARY[word], config, shapes, id=f"{word}-{place}")
    for word in VOCABULARY
    for place, (config, *shapes) in enumerate(VOCABULARY[word].examples)
]
BATCH = 2


def single(block: Block, *shapes: Shape) -> Graph:
    """A graph of one node, shaped."""
    names = [f"in_{name}" for name in port_names(block, len(shapes))]
    inputs = dict(zip(names, shapes, strict=True)) or {"in_": shapes_for_a_source()}
    node = Node("node", block, tuple(map(Ref, names)))
    titles = block.titles() or ("out",)
    return infer(Graph(inputs, {"node": node}, {title: Ref("node", place) for place, title in enumerate(titles)}))


def shapes_for_a_source() -> Shape:
    """A source reads nothing, but a batch comes from somewhere."""
    from archspec.shape import Vector

    return Vector(1)


def seen_by_torch(model: nn.Module, graph: Graph) -> dict[str, list[tuple[int, ...]]]:
    """The sizes of the outputs of every submodule in one forward pass."""
    seen: dict[str, list[tuple[int, ...]]] = {}

    def watch(path: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            outputs = output if isinstance(output, tuple) else (output,)
            seen.setdefault(path, [tuple(value.shape) for value in outputs])  # the first use of shared weights

        return hook

    handles = [module.register_forward_hook(watch(path)) for path, module in model.named_modules() if path]
    model(*(torch.empty(BATCH, *shape.sizes, device="meta") for shape in graph.inputs.values()))
    for handle in handles:
        handle.remove()
    return seen


def check_against_torch(graph: Graph) -> None:
    """Shapes, parameters, buffers and MACs of every node at every depth, but for those that nothing is emitted for."""
    graph = lower(graph)
    model = compile(graph, device="meta").eval()
    with FlopCounterMode(display=False) as counter:
        seen = seen_by_torch(model, graph)
    flops = {name: sum(counts.values()) for name, counts in counter.get_flop_counts().items()}
    owners = {path.rpartition(".")[0] + "." + node.share for path, node in graph.walk() if node.share}
    for path, node in graph.walk():
        if node.share:
            continue  # applies the module at another path
        module = model.get_submodule(path)
        assert seen[path] == [(BATCH, *shape.sizes) for shape in node.outputs], path
        parameters = list(module.parameters())
        assert sum(parameter.numel() for parameter in parameters) == node.cost.params, path
        frozen = sum(parameter.numel() for parameter in parameters if not parameter.requires_grad)
        assert frozen == node.cost.frozen, path
        assert sum(buffer.numel() for buffer in module.buffers()) == node.cost.buffers, path
        if any(f".{path}.".startswith(f"{owner}." if owner[0] == "." else f".{owner}.") for owner in owners):
            continue  # the counter adds both uses up; the node around them is held to the sum
        counted = flops.get(f"{type(model).__name__}.{path}", 0)
        assert counted == 2 * BATCH * node.cost.macs, path


@pytest.mark.parametrize(("block", "config", "shapes"), CASES)
def test_rules_agree_with_torch(block: type[Block], config: dict[str, Any], shapes: list[Shape]) -> None:
    check_against_torch(single(block(**config), *shapes))


@pytest.mark.parametrize("word", list(VOCABULARY))
def test_every_word_has_an_example_and_says_what_it_is(word: str) -> None:
    block = VOCABULARY[word]
    assert block.word == word
    assert block.examples
    assert block.__doc__
    assert issubclass(block, Op) or block.__module__ == f"archspec.blocks.{word}"
