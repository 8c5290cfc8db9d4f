"""The names that a node reads: those of its `from`, or the node above it."""

from __future__ import annotations

from archspec.errors import Mark, Problem, nearest
from archspec.graph.block import Block
from archspec.language.document import Fields, Items, Tree
from archspec.language.wiring.level import Level
from archspec.language.wiring.problems import Problems


def sources(level: Level, name: str, block: Block, problems: Problems) -> list[tuple[str, Mark]]:
    """What a node reads, in the order of its ports: `name` or `node.port`, and where the author wrote it.

    Raises UnresolvedError where `from` and the ports do not go together.
    """
    written, tree, path = level.specs[name].sources, level.fields(name), f"{level.path}.{name}"
    if written is None:
        return _unwritten(level, name, block, problems)
    at = tree.entries["from"]
    if isinstance(written, str):
        return [(written, at.mark)]
    if isinstance(written, tuple):
        assert isinstance(at, Items)
        return [(source, item.mark) for source, item in zip(written, at.items, strict=True)]
    return _by_port(written, at, block, path, problems)


def _unwritten(level: Level, name: str, block: Block, problems: Problems) -> list[tuple[str, Mark]]:
    ports, mark, path = block.ports(), level.fields(name).mark, f"{level.path}.{name}"
    if not ports:
        return []
    if len([port for port in ports if not port.variadic]) > 1:
        message = f"{path}: {block.word} reads {', '.join(port.name for port in ports)}, so it says from where"
        raise problems.fail(Problem("ports", message, mark, path, help=from_help(block)))
    return [(source_above(level, name, mark, path, problems), mark)]


def _by_port(
    written: dict[str, str], tree: Tree, block: Block, path: str, problems: Problems
) -> list[tuple[str, Mark]]:
    assert isinstance(tree, Fields)
    ports = [port.name for port in block.ports()]
    for port in written:
        if port not in ports:
            message = f"{path} has no port {port}: it reads {', '.join(ports) or 'nothing'}"
            raise problems.fail(Problem("ports", message, tree.keys[port], path, help=nearest(port, ports)))
    missing = [port for port in ports if port not in written]
    if missing:
        message = f"{path}: from says nothing about {', '.join(missing)}"
        raise problems.fail(Problem("ports", message, tree.mark, path))
    return [(written[port], tree.entries[port].mark) for port in ports]


def source_above(level: Level, name: str, mark: Mark, path: str, problems: Problems) -> str:
    """What a node without `from` reads: the node above it, or the only input. Raises UnresolvedError."""
    above = level.above[name]
    if above is not None:
        return above
    if len(level.inputs) == 1:
        return level.inputs[0]
    message = f"{path} comes first, and there are the inputs {', '.join(level.inputs)}: say from which one it reads"
    raise problems.fail(Problem("ports", message, mark, path))


def from_help(block: Block) -> str | None:
    """The form of `from` that fits a block's ports."""
    ports = block.ports()
    if not ports:
        return "say from: []"
    if ports[-1].variadic:
        return "say from: [one, another]"
    return f"say from: {{{', '.join(f'{port.name}: …' for port in ports)}}}" if len(ports) > 1 else None
