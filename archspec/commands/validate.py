"""Check a spec: its text, structure, wiring, shapes and budgets; nothing is built.

Without --variant every variant is checked. Exit code 1 and a list of problems where there are any.
"""

from __future__ import annotations

import argparse
import json

from archspec.commands import output_arguments, spec_arguments
from archspec.errors import Problem, SpecError
from archspec.graph import Graph
from archspec.load import graph_of, open_spec
from archspec.report import giga


def arguments(parser: argparse.ArgumentParser) -> None:
    spec_arguments(parser)
    output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    found = open_spec(args.spec)
    named = args.variant or found.variant
    every = dict.fromkeys([*found.variants, *([found.default] if found.default else [])])
    variants = [named] if named or not every else list(every)
    graphs: dict[str | None, Graph] = {}
    problems: dict[Problem, None] = {}
    for variant in variants:
        try:
            graphs[variant] = graph_of(found, variant, args.settings, allow_python=args.allow_python)
        except SpecError as error:
            problems |= dict.fromkeys(error.problems)
    if args.json:
        print(json.dumps({"problems": [problem.json() for problem in problems]}, indent=2))
    elif problems:
        raise SpecError(problems)
    elif not args.quiet:
        for variant, graph in graphs.items():
            cost = graph.cost
            print(f"{variant or graph.meta['name']}: fine – {cost.params:,} params, {giga(cost.macs)}")
    return 1 if problems else 0
