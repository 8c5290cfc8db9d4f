"""What an architecture is: blocks, the nodes of a graph, and the shapes and costs that are inferred for them."""

from archspec.graph.block import (
    Block,
    Composite,
    Op,
    Port,
    Rate,
    Ref,
    Role,
    Rows,
    Scope,
    Size,
    Span,
    Value,
    carried,
    divide,
    ports_of,
    word_of,
)
from archspec.graph.infer import Defaults, Memory, Shaping, infer, place, with_defaults
from archspec.graph.key import identity
from archspec.graph.node import Graph, Node, Origin
from archspec.graph.ports import describe, named, port_names
from archspec.graph.repeat import Repeat
from archspec.graph.shape import AttentionMap, Cost, Grid, Image, Shape, Tokens, Vector
from archspec.graph.units import fold_paths, path_pattern, show_macs, show_sizes, show_span

__all__ = [
    "AttentionMap",
    "Block",
    "Composite",
    "Cost",
    "Defaults",
    "Graph",
    "Grid",
    "Image",
    "Memory",
    "Node",
    "Op",
    "Origin",
    "Port",
    "Rate",
    "Ref",
    "Repeat",
    "Role",
    "Rows",
    "Scope",
    "Shape",
    "Shaping",
    "Size",
    "Span",
    "Tokens",
    "Value",
    "Vector",
    "carried",
    "describe",
    "divide",
    "fold_paths",
    "identity",
    "infer",
    "named",
    "path_pattern",
    "place",
    "port_names",
    "ports_of",
    "show_macs",
    "show_sizes",
    "show_span",
    "with_defaults",
    "word_of",
]
