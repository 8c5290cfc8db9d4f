"""Print one value of a spec, every place that set it (the last one counts), and what its expression reads.

The path is dotted: graph.stage3.repeat, params.dim. It may go on into a slot or into a block written in YAML
(graph.stage3.layers.mlp.ratio) and pick one of a repeat (graph.stage3.layers.3.drop_path); graph. may be left out.
With --passes, and no path, it prints instead what the compiler rewrites in the graph, and what that saves a sample.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from archspec.analysis import Column, Table
from archspec.cli.arguments import output_arguments, refuse, spec_arguments
from archspec.files import json_text
from archspec.graph import fold_paths, path_pattern, show_macs
from archspec.language import load
from archspec.language.explain import explain

if TYPE_CHECKING:
    from archspec.compiler.lower import Lowered

COLUMNS = (
    Column("pass"),
    Column("node"),
    Column("what"),
    Column("MACs saved", "right"),
    Column("not written", "right"),
)


def arguments(parser: argparse.ArgumentParser) -> None:
    spec_arguments(parser)
    parser.add_argument("path", nargs="?", help="the value, such as graph.stage3.repeat")
    parser.add_argument("--passes", action="store_true", help="what the compiler rewrites, and what that saves")
    output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    if bool(args.path) == args.passes:
        refuse("explain takes the path of a value, or --passes")
    if args.passes:
        from archspec.compiler import lower

        graph = load(args.spec, args.variant, args.settings, allow_python=args.allow_python)
        lowered = lower(graph)
        print(json_text(_json(lowered)) if args.json else _table(lowered, graph.cost.macs), end="\n" * args.json)
        return 0
    explanation = explain(args.spec, args.path, args.variant, args.settings, allow_python=args.allow_python)
    print(json_text(explanation.json()) if args.json else explanation)
    return 0


def _json(lowered: Lowered) -> dict[str, Any]:
    return {name: [asdict(record) for record in records] for name, records in lowered.records.items()}


def _table(lowered: Lowered, macs: int) -> str:
    """A row for all alike changes; bytes are those of float32."""
    records = [record for each in lowered.records.values() for record in each]
    saved, numbers = sum(record.macs for record in records), sum(record.numbers for record in records)
    note = f"{show_macs(saved)} of {show_macs(macs)} saved ({saved / max(macs, 1):.1%}), "
    note += f"{_size(numbers)} a sample not written"
    return Table(COLUMNS, tuple(_rows(lowered)), None, (note,)).text()


def _rows(lowered: Lowered) -> Iterator[tuple[str, ...]]:
    for name, records in lowered.records.items():
        alike: dict[tuple[str, str], list[Any]] = {}
        for record in records:
            alike.setdefault((path_pattern(record.path), record.what), []).append(record)
        for (_, what), group in alike.items():
            macs, numbers = sum(record.macs for record in group), sum(record.numbers for record in group)
            path = fold_paths([record.path for record in group])
            yield name, path, what, show_macs(macs) if macs else "", _size(numbers) if numbers else ""


def _size(numbers: int) -> str:
    return f"{4 * numbers / 2**20:.2f} MiB"
