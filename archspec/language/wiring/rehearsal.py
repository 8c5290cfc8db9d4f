"""A block in YAML that nothing places: its body is checked as far as that goes without the values of its parameters."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from archspec.language.wiring.definition import Definition
from archspec.language.wiring.edges import output_refs, reference
from archspec.language.wiring.level import Level
from archspec.language.wiring.nodes import check_node_name, check_share, count_of, is_there, layer_dropout_of
from archspec.language.wiring.problems import UnresolvedError
from archspec.language.wiring.resolver import Resolver
from archspec.language.wiring.values import Unknown, fields_at


def rehearse(kind: type[Definition], resolver: Resolver) -> None:
    """Report what is wrong with a body whatever the values are: words, keys, names, what its nodes read."""
    names = dict.fromkeys(fields_at(kind.tree, "params").entries, Unknown())
    path = f"blocks.{kind.word}"
    level = Level(f"{path}.graph", fields_at(kind.tree, "graph"), kind.spec.graph, kind.spec.inputs)
    level.blocks = dict.fromkeys(level.specs)
    for name in level.specs:
        _node(level, name, replace(resolver, names=names))
    if kind.spec.outputs is not None:
        output_refs(kind.spec.outputs, level, fields_at(kind.tree, "outputs"), f"{path}.outputs", resolver.problems)


def _node(level: Level, name: str, resolver: Resolver) -> None:
    tree, path = level.fields(name), f"{level.path}.{name}"
    with suppress(UnresolvedError):
        check_node_name(level, name, resolver)
    with suppress(UnresolvedError):
        is_there(tree, path, resolver)
    with suppress(UnresolvedError):
        if "repeat" in tree.entries:
            count_of(tree, path, resolver)
            layer_dropout_of(tree, path, resolver)
    with suppress(UnresolvedError):
        if level.specs[name].share is not None:
            check_share(level, name, resolver)
        elif "repeat" in tree.entries:
            replace(resolver, names={**resolver.names, "i": Unknown(), "n": Unknown()}).block(tree, path)
        else:
            resolver.block(tree, path)
    _sources(level, name, resolver)


def _sources(level: Level, name: str, resolver: Resolver) -> None:
    """Check that what a node reads is there; by which ports it reads depends on its block."""
    written, path = level.specs[name].sources, f"{level.path}.{name}"
    if written is None:
        return
    mark = level.fields(name).entries["from"].mark
    names = (written,) if isinstance(written, str) else written.values() if isinstance(written, dict) else written
    for source in names:
        with suppress(UnresolvedError):
            reference(source, level, mark, path, resolver.problems)
