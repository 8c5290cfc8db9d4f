"""What every block must obey: torch, on the meta device, is the oracle of each rule that it states about itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from archspec.compiler.compile import compile
from archspec.errors import SpecError
from archspec.graph import Block, Graph, Node, Ref, Shape, Vector, infer, port_names

BATCH = 2


def single(block: Block, *shapes: Shape) -> Graph:
    """A graph of one node, shaped; a source reads nothing, but a batch comes from somewhere."""
    names = [f"in_{name}" for name in port_names(block, len(shapes))]
    inputs: dict[str, Shape] = dict(zip(names, shapes, strict=True)) or {"in_": Vector(1)}
    node = Node("node", block, tuple(map(Ref, names)))
    titles = block.output_names() or ("out",)
    return infer(Graph(inputs, {"node": node}, {title: Ref("node", place) for place, title in enumerate(titles)}))


def broken(block: type[Block]) -> Iterator[str]:
    """A sentence for each law that one of a block's examples breaks."""
    if not block.__doc__:
        yield "it does not say what it is: its docstring is empty"
    if not block.examples:
        yield "it has no examples to hold it against: examples = [(config, shape, …)]"
    for config, *shapes in block.examples:
        example = f"{config} on {', '.join(map(str, shapes)) or 'nothing'}"
        try:
            graph = single(block(**config), *shapes)
            yield from (f"{example}: {fault}" for law in (against_torch, filled) for fault in law(graph))
        except SpecError as error:
            yield f"{example}: {error.problems[0].message}"
        except Exception as error:
            yield f"{example}: {type(error).__name__}: {str(error).strip().splitlines()[0] if str(error) else ''}"


def against_torch(graph: Graph) -> Iterator[str]:
    """Where the rules of a node, at any depth, and torch disagree: shapes, parameters, buffers, MACs.

    The graph is compiled as it is written. Nodes that apply the weights of another are left out.
    """
    model = compile(graph, device="meta", rewrites={}).eval()
    with FlopCounterMode(display=False) as counter:
        seen = seen_by_torch(model, graph)
    flops = {name: sum(counts.values()) for name, counts in counter.get_flop_counts().items()}
    owners = {f".{_beside(path, node.share)}." for path, node in graph.walk() if node.share}
    for path, node in graph.walk():
        if node.share:
            continue
        parameters = list(model.get_submodule(path).parameters())
        frozen = [parameter for parameter in parameters if not parameter.requires_grad]
        pairs: list[tuple[str, Any, Any]] = [
            ("outputs", [(BATCH, *shape.sizes) for shape in node.outputs], seen[path]),
            ("parameters", node.cost.params, _numel(parameters)),
            ("frozen parameters", node.cost.frozen, _numel(frozen)),
            ("numbers in buffers", node.cost.buffers, _numel(model.get_submodule(path).buffers())),
        ]
        if not any(f".{path}.".startswith(owner) for owner in owners):  # there the counter adds both uses up
            flop = flops.get(f"{type(model).__name__}.{path}", 0)
            pairs.append(("FLOPs", 2 * BATCH * node.cost.macs, flop))
        yield from (f"{path}: says {rule} {what}, torch has {truth}" for what, rule, truth in pairs if rule != truth)


def filled(graph: Graph) -> Iterator[str]:
    """What is wrong with fresh weights: nothing may be left as it was in memory."""
    try:
        model = compile(graph, device="cpu").eval()
    except AttributeError as error:
        yield f"a module with parameters or buffers of its own lacks reset_parameters: {error}"
        return
    with torch.no_grad():
        values = model(*(torch.randn(BATCH, *shape.sizes) for shape in graph.inputs.values()))
    for value in values if isinstance(values, tuple) else (values,):
        if not value.isfinite().all():
            yield "with fresh weights it gives numbers that are not finite: reset_parameters leaves something unfilled"


def seen_by_torch(model: nn.Module, graph: Graph) -> dict[str, list[tuple[int, ...]]]:
    """The sizes of the outputs of every submodule in one forward pass."""
    seen: dict[str, list[tuple[int, ...]]] = {}

    def watch(path: str) -> Any:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            outputs = output if isinstance(output, tuple) else (output,)
            seen[path] = [tuple(value.shape) for value in outputs]

        return hook

    handles = [module.register_forward_hook(watch(path)) for path, module in model.named_modules() if path]
    model(*(torch.empty(BATCH, *shape.sizes, device="meta") for shape in graph.inputs.values()))
    for handle in handles:
        handle.remove()
    return seen


def _beside(path: str, name: str) -> str:
    """The path of a sibling."""
    return f"{path.rpartition('.')[0]}.{name}".lstrip(".")


def _numel(tensors: Any) -> int:
    return sum(tensor.numel() for tensor in tensors)
