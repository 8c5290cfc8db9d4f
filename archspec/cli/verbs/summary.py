"""Print the tree of nodes: block, output shape, parameters and MACs of each; repeats are folded as ×N."""

from __future__ import annotations

import argparse

from archspec.analysis import FORMATS, report
from archspec.cli.arguments import depth_of, output_arguments, spec_arguments
from archspec.files import json_text
from archspec.language import load


def arguments(parser: argparse.ArgumentParser) -> None:
    spec_arguments(parser)
    output_arguments(parser)
    parser.add_argument("--depth", default="2", help="levels of nesting to open: a number, or all (default 2)")
    parser.add_argument("--format", choices=FORMATS, default="text", help="text, md (Markdown) or csv")


def run(args: argparse.Namespace) -> int:
    graph = load(args.spec, args.variant, args.settings, allow_python=args.allow_python)
    table = report(graph)
    if args.json:
        print(json_text(table.json()))
    else:
        print(table.table(depth_of(args.depth), args.format), end="")
    return 0
