"""Shaped graph → `nn.Module`: lower, then emit one fx program per nesting level, so that code reads like the spec."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, fx, nn

from archspec.compiler.lower import lower
from archspec.compiler.outputs import Outputs
from archspec.graph.block import Op, Ref
from archspec.graph.node import Graph, Node

Progress = Callable[[str], None]


class Program(fx.GraphModule):
    """One level of a graph as a program. Its `meta` – the whole model's knows the spec – survives pickle."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (super().__reduce__(), self.meta)


def _unpickled(reduced: tuple[Any, ...], meta: dict[str, Any]) -> fx.GraphModule:
    make, arguments = reduced
    made: fx.GraphModule = make(*arguments)
    type(made).__bases__ = (Program,)  # torch makes a class for each program, and unpickles it as its own kind
    made.meta.update(meta)
    return made


def compile(
    graph: Graph,
    *,
    device: torch.device | str = "cpu",
    dtype: torch.dtype | None = None,
    progress: Progress | None = None,
) -> fx.GraphModule:
    """Build a shaped graph on a device. A parameter's name is its path in the spec: `stage3.layers.0.attn.proj.weight`.

    Nothing is made twice: modules are built without memory, then given memory on `device` in `dtype` and initialised
    there, one by one; on the `meta` device they stay as they are. `progress` hears each top-level node's name before
    it is filled.
    """
    with torch.device("meta"):
        model = _emit(lower(graph), graph.origin.name if graph.origin else "Architecture")
    if torch.device(device).type == "meta":
        model.to(dtype=dtype)
    else:
        for name, child in model.named_children():
            if progress:
                progress(name)
            _materialise(child, device, dtype)
    model.meta["archspec"] = graph.origin
    return model


def _emit(graph: Graph, title: str) -> fx.GraphModule:
    """One level as a program: placeholders, a `call_module` for each node, the output."""
    program, modules = fx.Graph(), {}
    values: dict[Ref, fx.Node] = {Ref(name): program.placeholder(name) for name in graph.inputs}
    batch = next(iter(values.values()), None)
    for name, node in graph.nodes.items():
        inputs = [values[ref] for ref in node.inputs]
        if not node.inputs and not node.body and batch is not None:
            inputs = [batch]  # a source makes its value for every sample of the batch, which only an input can tell
        if not node.share:
            modules[name] = _module(graph, node)
        made = program.create_node("call_module", node.share or name, tuple(inputs), name=name)
        values.update(_ports(program, node, made))
    program.output(_output(program, graph, values, modules))
    program.lint()
    return Program(modules, program, class_name="".join(part.title() for part in title.split("_")))


def _ports(program: fx.Graph, node: Node, made: fx.Node) -> dict[Ref, fx.Node]:
    """A reference for each output of a node; several are picked out of the tuple that its module returns."""
    titles = node.block.output_names()
    if not titles:
        return {Ref(node.name): made}
    return {
        Ref(node.name, place): program.create_node(
            "call_function", operator.getitem, (made, place), name=f"{node.name}_{title}"
        )
        for place, title in enumerate(titles)
    }


def _module(graph: Graph, node: Node) -> nn.Module:
    if node.body:
        return _emit(node.body, node.block.word)
    assert isinstance(node.block, Op)
    module: nn.Module = node.block.build(*(graph.shape(ref) for ref in node.inputs))
    return module


def _output(
    program: fx.Graph, graph: Graph, values: Mapping[Ref, fx.Node], modules: dict[str, nn.Module]
) -> fx.Node | tuple[fx.Node, ...]:
    """One output is returned as it is; several of the whole model as a NamedTuple, those of a node as a tuple."""
    if graph.train_outputs is None and (len(graph.outputs) == 1 or graph.origin is None):
        found = tuple(values[ref] for ref in graph.outputs.values())
        return found if len(found) > 1 else found[0]
    train = graph.train_outputs or graph.outputs
    read = list(dict.fromkeys([*train.values(), *graph.outputs.values()]))
    modules["outputs"] = Outputs(
        train={title: read.index(ref) for title, ref in train.items()},
        evaluation={title: read.index(ref) for title, ref in graph.outputs.items()},
    )
    return program.call_module("outputs", tuple(values[ref] for ref in read))


def _materialise(module: nn.Module, device: torch.device | str, dtype: torch.dtype | None) -> None:
    """Give memory to each module's own tensors, and fill them once.

    torch's own `to_empty` would do, but it imports what tracing needs first: a second, and the memory of a small model.
    """

    def empty(tensor: Tensor) -> Tensor:
        return torch.empty_like(tensor, device=device, dtype=dtype if tensor.is_floating_point() else None)

    for part in module.modules():
        parameters = {name: tensor for name, tensor in part._parameters.items() if tensor is not None}
        buffers = {name: tensor for name, tensor in part._buffers.items() if tensor is not None}
        for name, parameter in parameters.items():
            part._parameters[name] = nn.Parameter(empty(parameter), parameter.requires_grad)
        for name, buffer in buffers.items():
            part._buffers[name] = empty(buffer)
        if parameters or buffers:
            reset: Any = part.reset_parameters
            reset()
