"""Draw the architecture: SVG, PNG, PDF, DOT, Mermaid or interactive HTML, by the suffix of -o or by --format.

Without -o the drawing's text goes to standard output.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from archspec.commands import output_arguments, spec_arguments
from archspec.commands.summary import depth_of
from archspec.load import load
from archspec.render import FORMATS, THEMES, render


def arguments(parser: argparse.ArgumentParser) -> None:
    spec_arguments(parser)
    output_arguments(parser)
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="where to; its suffix tells the format")
    parser.add_argument("--format", choices=FORMATS, help="by default what the suffix of -o says, or svg")
    parser.add_argument("--depth", default="1", help="levels of nesting to open: a number, or all (default 1)")
    parser.add_argument("--expand", metavar="PATH", action="append", default=[], help="open this node too")
    parser.add_argument("--collapse", metavar="PATH", action="append", default=[], help="keep this node closed")
    parser.add_argument(
        "--direction", choices=("TB", "LR", "BT"), default="TB", help="where the data flows (default TB)"
    )
    parser.add_argument("--theme", choices=THEMES, default="light")


def run(args: argparse.Namespace) -> int:
    graph = load(args.spec, args.variant, args.settings, allow_python=args.allow_python)
    picture = render(
        graph,
        depth=depth_of(args.depth),
        expand=args.expand,
        collapse=args.collapse,
        direction=args.direction,
        theme=args.theme,
    )
    if args.output:
        picture.save(args.output, args.format)
    else:
        data = picture.bytes(args.format or "svg")
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    return 0
