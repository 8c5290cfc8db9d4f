"""What reaches a block's ports: as many values as it has ports, each of a kind that its port takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from archspec.errors import RuleError
from archspec.graph.block import Block, Value
from archspec.graph.shape import Image, Shape, Tokens, Vector


def port_names(block: Block, count: int) -> list[str]:
    """The names of the values as the body sees them: a variadic port `xs` gives xs0, xs1 …"""
    ports = block.ports()
    if ports and ports[-1].variadic:
        fixed = [port.name for port in ports[:-1]]
        return fixed + [f"{ports[-1].name}{place}" for place in range(count - len(fixed))]
    return [port.name for port in ports]


def check_ports(block: Block, values: Sequence[Value[Any]]) -> None:
    """Raise a RuleError unless there is a value for each port, of a kind that the port takes."""
    ports = block.ports()
    variadic = bool(ports) and ports[-1].variadic
    if len(values) < len(ports) - variadic or (len(values) > len(ports) and not variadic):
        names = ", ".join(f"*{port.name}" if port.variadic else port.name for port in ports) or "none"
        raise RuleError(f"{block.word} has the ports {names}, and {len(values)} values reach it", code="ports")
    for place, value in enumerate(values):
        port = ports[min(place, len(ports) - 1)]
        if not isinstance(value.shape, port.shapes):
            raise RuleError(
                f"{block.word} takes {port.wants} at port {port.name}, got {describe(value.shape)}",
                code="port-type",
                help=_conversion(value.shape, port.shapes),
            )


def describe(shape: Shape) -> str:
    """The shape as a sentence says it, grid and named tokens included."""
    if not isinstance(shape, Tokens):
        return str(shape)
    grid = f", grid {shape.grid}" if shape.grid else ""
    return f"{shape}{grid}" + "".join(f", {where} {', '.join(names)}" for where, names in named(shape))


def named(shape: Shape) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Where tokens with names stand, and these."""
    if isinstance(shape, Tokens):
        yield from ((where, names) for where, names in (("in front", shape.prefix), ("behind", shape.suffix)) if names)


def _conversion(shape: Shape, wanted: tuple[type[Shape], ...]) -> str | None:
    """The block that would turn one kind into another."""
    if isinstance(shape, Image) and Tokens in wanted:
        return "put {block: to_tokens} between them"
    if isinstance(shape, Tokens) and Image in wanted and shape.grid:
        first = "take the tokens in front off and " if shape.prefix else ""
        return f"{first}put {{block: to_image}} between them"
    if isinstance(shape, (Image, Tokens)) and wanted == (Vector,):
        return "put {block: mean_pool} or {block: select_token, token: cls} between them"
    return None
