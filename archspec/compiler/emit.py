"""A graph → one fx program for each level of nesting, so that the code reads like the spec."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

from torch import fx, nn

from archspec.compiler.outputs import Outputs
from archspec.graph import Graph, Node, Op, Ref, Repeat, carried
from archspec.ops.layers.drop import DrawLayers, KeepLayer


class Program(fx.GraphModule):
    """One level of a graph as a program. Its `meta` – the whole model's knows the spec – survives pickle."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickled, (super().__reduce__(), self.meta)


def _unpickled(reduced: tuple[Any, ...], meta: dict[str, Any]) -> fx.GraphModule:
    make, arguments = reduced
    module: fx.GraphModule = make(*arguments)
    type(module).__bases__ = (Program,)  # torch makes a class for each program, and unpickles it as its own kind
    module.meta.update(meta)
    return module


def emit(graph: Graph, title: str, layer_dropout: float = 0.0) -> fx.GraphModule:
    """One level as a program: placeholders, a `call_module` for each node, the output.

    With `layer_dropout` the nodes are repetitions, which a draw keeps or leaves out in training.
    """
    program, modules = fx.Graph(), dict[str, nn.Module]()
    values: dict[Ref, fx.Node] = {Ref(name): program.placeholder(name) for name in graph.inputs}
    batch = next(iter(values.values()), None)
    drawn = None
    if layer_dropout:
        modules |= {"draw": DrawLayers(len(graph.nodes), layer_dropout), "keep": KeepLayer()}
        drawn = program.call_module("draw", (batch,))
    for place, (name, node) in enumerate(graph.nodes.items()):
        inputs = [values[ref] for ref in node.inputs]
        if not node.inputs and not node.body and batch is not None:
            inputs = [batch]  # a source makes its value for every sample of the batch, which only an input can tell
        if not node.share:
            modules[name] = _module(graph, node)
        output = program.create_node("call_module", node.share or name, tuple(inputs), name=name)
        outputs = _ports(program, node, output)
        if drawn is not None:
            before = (values[node.inputs[port]] for port in carried(node.block))
            outputs = {ref: program.call_module("keep", (drawn, place, after, skipped))
                       for (ref, after), skipped in zip(outputs.items(), before, strict=True)}  # fmt: skip
        values.update(outputs)
    program.output(_output(program, graph, values, modules))
    program.lint()
    return Program(modules, program, class_name="".join(part.title() for part in title.split("_")))


def _ports(program: fx.Graph, node: Node, output: fx.Node) -> dict[Ref, fx.Node]:
    """A reference for each output of a node; several are picked out of the tuple that its module returns."""
    titles = node.block.output_names()
    if not titles:
        return {Ref(node.name): output}
    return {
        Ref(node.name, place): program.create_node(
            "call_function", operator.getitem, (output, place), name=f"{node.name}_{title}"
        )
        for place, title in enumerate(titles)
    }


def _module(graph: Graph, node: Node) -> nn.Module:
    if node.body:
        dropped = node.block.layer_dropout if isinstance(node.block, Repeat) else 0.0
        return emit(node.body, node.block.word, dropped)
    assert isinstance(node.block, Op)
    module: nn.Module = node.block.build(*(graph.shape(ref) for ref in node.inputs))
    return module


def _output(
    program: fx.Graph, graph: Graph, values: Mapping[Ref, fx.Node], modules: dict[str, nn.Module]
) -> fx.Node | tuple[fx.Node, ...]:
    """One output is returned as it is; several of the whole model as a NamedTuple, those of a node as a tuple."""
    if graph.train_outputs is None and (len(graph.outputs) == 1 or graph.origin is None):
        read_outputs = tuple(values[ref] for ref in graph.outputs.values())
        return read_outputs if len(read_outputs) > 1 else read_outputs[0]
    train = graph.train_outputs or graph.outputs
    read = list(dict.fromkeys([*train.values(), *graph.outputs.values()]))
    modules["outputs"] = Outputs(
        train={title: read.index(ref) for title, ref in train.items()},
        evaluation={title: read.index(ref) for title, ref in graph.outputs.items()},
    )
    return program.call_module("outputs", tuple(values[ref] for ref in read))
