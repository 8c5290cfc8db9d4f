"""Print the tree of nodes: block, output shape, parameters and MACs of each; repeats are folded as ×N."""

from __future__ import annotations

import argparse
import json

from archspec.analysis import FORMATS, report
from archspec.cli.arguments import output_arguments, spec_arguments
from archspec.language.load import load


def arguments(parser: argparse.ArgumentParser) -> None:
    spec_arguments(parser)
    output_arguments(parser)
    parser.add_argument("--depth", default="2", help="levels of nesting to open: a number, or all (default 2)")
    parser.add_argument("--format", choices=FORMATS, default="text", help="text, md (Markdown) or csv")


def run(args: argparse.Namespace) -> int:
    graph = load(args.spec, args.variant, args.settings, allow_python=args.allow_python)
    told = report(graph)
    print(json.dumps(told.json(), indent=2) if args.json else told.table(depth_of(args.depth), args.format), end="")
    if args.json:
        print()
    return 0


def depth_of(text: str) -> int | None:
    """A number of levels; None for all of them."""
    if text == "all":
        return None
    if not text.isdecimal() or len(text) > 3:
        raise SystemExit(f"archspec: --depth takes a number or all, got {text}")
    return int(text)
