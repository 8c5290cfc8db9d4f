"""Check a spec: its text, structure, wiring, shapes and budgets; nothing is built.

The default variant (or --variant) is checked to the last shape; of the others, that what they override is there. With
--all every variant is checked to the last shape. Exit code 1 and a list of problems where there are any.
"""

from __future__ import annotations

import argparse

from archspec.cli.arguments import output_arguments, spec_arguments
from archspec.errors import Problem, SpecError
from archspec.files import json_text
from archspec.graph import show_macs
from archspec.language import Variants, open_spec


def arguments(parser: argparse.ArgumentParser) -> None:
    spec_arguments(parser, nargs="+")
    parser.add_argument("--all", action="store_true", help="check the shapes and budgets of every variant")
    output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    problems: dict[Problem, None] = {}
    fine: list[str] = []
    for spec in args.spec:
        try:
            _check(spec, args, fine, problems)
        except SpecError as error:
            problems |= dict.fromkeys(error.problems)
    if args.json:
        print(json_text({"problems": [problem.json() for problem in problems]}))
    elif problems:
        raise SpecError(problems)
    elif not args.quiet:
        print("\n".join(fine))
    return 1 if problems else 0


def _check(spec: str, args: argparse.Namespace, fine: list[str], problems: dict[Problem, None]) -> None:
    """Check the variants of one spec; add a line for each that is fine, or its problems."""
    document = open_spec(spec)
    first = args.variant or document.variant or document.default
    chosen = list(document.variants) if args.all and document.variants else [first]
    variants = Variants(document, args.settings, args.allow_python)
    for variant in dict.fromkeys([*chosen, *([] if args.variant else document.variants)]):
        try:
            if variant in chosen:
                graph = variants.graph(variant)
                name = variant or (graph.origin.name if graph.origin else "")
                fine.append(f"{name}: fine – {graph.cost.params:,} params, {show_macs(graph.cost.macs)}")
            else:
                variants.check(variant)
        except SpecError as error:
            problems |= dict.fromkeys(error.problems)
