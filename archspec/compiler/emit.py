"""A graph → one fx program for each level of nesting, so that the code reads like the spec."""

from __future__ import annotations

import operator
from collections.abc import Mapping

from torch import fx, nn

from archspec.compiler.kernels import Held, Kernel
from archspec.compiler.outputs import Outputs
from archspec.compiler.program import Program
from archspec.graph import Graph, Node, Op, Ref, Repeat, carried
from archspec.ops.layers.drop import DrawLayers, KeepLayer

Key = tuple[object, ...]


def emit(
    graph: Graph, title: str, known: dict[Key, Program] | None = None, layer_dropout: float = 0.0
) -> fx.GraphModule:
    """One level as a program: placeholders, a `call_module` for each node, the output.

    `known` are the programs so far: a level of the same wiring shares its code with the first one. With `layer_dropout`
    the nodes are repetitions, which a draw keeps or leaves out in training.
    """
    known = {} if known is None else known
    modules: dict[str, nn.Module] = {}
    if layer_dropout:
        modules = {"draw": DrawLayers(len(graph.nodes), layer_dropout), "keep": KeepLayer()}
    modules |= {name: _module(graph, node, known) for name, node in graph.nodes.items() if not node.share}
    if _picks(graph):
        modules["outputs"] = _outputs_module(graph)
    key = (*_wiring(graph, title), bool(layer_dropout))
    if key in known:
        return known[key].twin(modules)
    known[key] = Program(
        modules, _program(graph, drops=bool(layer_dropout)), "".join(part.title() for part in title.split("_"))
    )
    return known[key]


def _wiring(graph: Graph, title: str) -> Key:
    """What two levels have in common whose programs are the same."""
    nodes = [
        (name, node.inputs, node.share, node.block.output_names(), isinstance(node.block, Held), _weights(node),
         node.body is None)
        for name, node in graph.nodes.items()
    ]  # fmt: skip
    return (title, *graph.inputs), *nodes, tuple(graph.outputs.values()), _picks(graph)


def _program(graph: Graph, *, drops: bool) -> fx.Graph:
    program = fx.Graph()
    values: dict[Ref, fx.Node] = {Ref(name): program.placeholder(name) for name in graph.inputs}
    batch = next(iter(values.values()), None)
    drawn = program.call_module("draw", (batch,)) if drops else None
    for place, (name, node) in enumerate(graph.nodes.items()):
        if isinstance(node.block, Held):
            continue
        inputs = [values[ref] for ref in node.inputs]
        if not node.inputs and not node.body and batch is not None:
            inputs = [batch]  # a source makes its value for every sample of the batch, which only an input can tell
        inputs += [program.create_node("get_attr", path, name=path.replace(".", "_")) for path in _weights(node)]
        output = program.create_node("call_module", node.share or name, tuple(inputs), name=name)
        outputs = _ports(program, node, output)
        if drawn is not None:
            before = (values[node.inputs[port]] for port in carried(node.block))
            outputs = {ref: program.call_module("keep", (drawn, place, after, skipped))
                       for (ref, after), skipped in zip(outputs.items(), before, strict=True)}  # fmt: skip
        values.update(outputs)
    program.output(_output(program, graph, values))
    program.lint()
    return program


def _weights(node: Node) -> tuple[str, ...]:
    return node.block.weights if isinstance(node.block, Kernel) else ()


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


def _module(graph: Graph, node: Node, known: dict[Key, Program]) -> nn.Module:
    block = node.block
    if node.body:
        block = block.block if isinstance(block, Held) else block
        dropped = block.layer_dropout if isinstance(block, Repeat) else 0.0
        return emit(node.body, block.word, known, dropped)
    assert isinstance(block, Op)
    module: nn.Module = block.build(*(graph.shape(ref) for ref in node.inputs))
    return module


def _output(program: fx.Graph, graph: Graph, values: Mapping[Ref, fx.Node]) -> fx.Node | tuple[fx.Node, ...]:
    """One output is returned as it is; several of the whole model as a NamedTuple, those of a node as a tuple."""
    read = tuple(values[ref] for ref in _read(graph))
    if _picks(graph):
        return program.call_module("outputs", read)
    return read if len(read) > 1 else read[0]


def _picks(graph: Graph) -> bool:
    """Whether a level is a whole model whose outputs depend on its mode, or are several."""
    return graph.train_outputs is not None or (len(graph.outputs) > 1 and graph.origin is not None)


def _read(graph: Graph) -> list[Ref]:
    """The values that a level returns, or picks its outputs from."""
    if not _picks(graph):
        return list(graph.outputs.values())
    return list(dict.fromkeys([*(graph.train_outputs or graph.outputs).values(), *graph.outputs.values()]))


def _outputs_module(graph: Graph) -> Outputs:
    """What picks the outputs of a whole model by its mode, and names several."""
    read, train = _read(graph), graph.train_outputs or graph.outputs
    return Outputs(
        train={title: read.index(ref) for title, ref in train.items()},
        evaluation={title: read.index(ref) for title, ref in graph.outputs.items()},
    )
