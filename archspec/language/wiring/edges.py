"""Names → edges: what a node or an output reads becomes a reference to an output of another node."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from archspec.errors import Mark, Problem, listing, nearest
from archspec.graph import Block, Node, Ref
from archspec.language.document import Fields
from archspec.language.wiring.level import Level
from archspec.language.wiring.problems import Problems, UnresolvedError
from archspec.language.wiring.reserved import check_output_name
from archspec.language.wiring.sources import from_help, source_above, sources


def connect(level: Level, problems: Problems) -> dict[str, Node]:
    """The nodes of a level with a reference for each port, in the author's order; faulty nodes are left out."""
    nodes: dict[str, Node] = {}
    for name, block in level.blocks.items():
        if block is not None:
            with suppress(UnresolvedError):
                nodes[name] = _node(level, name, block, problems)
    return nodes


def _node(level: Level, name: str, block: Block, problems: Problems) -> Node:
    tree, path, ports = level.fields(name), f"{level.path}.{name}", block.ports()
    read = sources(level, name, block, problems)
    refs = tuple([reference(source, level, mark, path, problems) for source, mark in read])
    variadic = bool(ports) and ports[-1].variadic
    if len(refs) < len(ports) or (len(refs) > len(ports) and not variadic):
        names = ", ".join(f"*{port.name}" if port.variadic else port.name for port in ports)
        message = f"{path}: {block.word} reads {names or 'nothing'}, and from gives {len(refs)} values"
        mark = tree.entries["from"].mark if "from" in tree.entries else tree.mark
        raise problems.fail(Problem("ports", message, mark, path, help=from_help(block)))
    return Node(name, block, refs, share=level.specs[name].share, mark=tree.mark, marks=_marks(tree))


def output_refs(
    outputs: Mapping[str, str], level: Level, tree: Fields, path: str, problems: Problems
) -> dict[str, Ref]:
    """A reference for each output of the mapping `tree`; faults go to `problems`, faulty outputs are left out."""
    refs = {}
    for name, source in outputs.items():
        with suppress(UnresolvedError):
            check_output_name(name, tree.keys[name], f"{path}.{name}", problems)
            refs[name] = reference(source, level, tree.entries[name].mark, f"{path}.{name}", problems)
    return refs


def reference(source: str, level: Level, mark: Mark, path: str, problems: Problems) -> Ref:
    """`name` or `node.port` as a reference; a node that is switched off is replaced by what it would have read.

    Raises UnresolvedError where there is no such output.
    """
    visited: set[str] = set()
    while True:
        name, _, port = source.partition(".")
        if name in level.blocks or (name in level.inputs and not port):
            level.stands_in.update(dict.fromkeys(visited, source))
        if name in level.inputs and not port:
            return Ref(name)
        if name not in level.specs:
            known = [*level.inputs, *level.specs]
            message, help = f"{path} reads {source}, which is not there", nearest(name, known)
            help = help or f"there are {listing(known)}"
            raise problems.fail(Problem("unknown-source", message, mark, path, help=help))
        if name in level.blocks:
            return _output(name, port, level.blocks[name], mark, path, problems)
        if name in visited:
            message = f"{path} reads {source}, which is switched off and reads itself"
            at = level.fields(name).entries.get("from")
            raise problems.fail(Problem("cycle", message, at.mark if at else mark, path))
        visited.add(name)
        source = level.stands_in.get(name) or _replacement(level, name, mark, path, problems)


def _replacement(level: Level, name: str, mark: Mark, path: str, problems: Problems) -> str:
    """The first value that a switched-off node would have read."""
    written = level.specs[name].sources
    if written is None:
        return source_above(level, name, mark, path, problems)
    names = [written] if isinstance(written, str) else list(written.values() if isinstance(written, dict) else written)
    if not names:
        message = f"{path} reads {name}, which is switched off and reads nothing that could stand for it"
        raise problems.fail(Problem("unknown-source", message, mark, path))
    return names[0]


def _output(name: str, port: str, block: Block | None, mark: Mark, path: str, problems: Problems) -> Ref:
    """One of a node's outputs, by the name of its port."""
    if block is None:
        return Ref(name)  # the node's own problem is reported already
    outputs = block.output_names()
    if not port and not outputs:
        return Ref(name)
    if port in outputs:
        return Ref(name, outputs.index(port))
    if not outputs:
        message = f"{path} reads {name}.{port}, but {name} has one output, without a name"
        raise problems.fail(Problem("unknown-source", message, mark, path, help=f"say {name}"))
    message = f"{path} reads {name}{'.' + port if port else ''}, but {name} has the outputs {', '.join(outputs)}"
    help = f"say {' or '.join(f'{name}.{output}' for output in outputs)}"
    raise problems.fail(Problem("unknown-source", message, mark, path, help=help))


def _marks(tree: Fields, prefix: str = "") -> dict[str, Mark]:
    """The marks of a config's values, by dotted path."""
    marks: dict[str, Mark] = {}
    for key, item in tree.entries.items():
        marks[prefix + key] = item.mark
        if isinstance(item, Fields):
            marks |= _marks(item, f"{prefix}{key}.")
    return marks
