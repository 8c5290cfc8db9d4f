"""Try every combination of some values: a table of what exists, with the Pareto front marked. Nothing is built.

    archspec sweep cvt_13 --set params.dims=[64,192,384],[64,256,512] --set params.image=192..256..32 \\
        --where 'params <= 25e6 and macs < 5e9' -o points/ --svg points.svg

A value list is parted by commas, a range is first..last or first..last..step. --where reads params, macs, activations,
trainable, frozen, buffers, and the swept values by their last names.
"""

from __future__ import annotations

import argparse
import sys
from math import prod
from pathlib import Path

from archspec.analysis.plot import scatter
from archspec.analysis.sweep import FORMATS, FRONT, axes_of, sweep
from archspec.cli.arguments import force_argument, output_arguments
from archspec.cli.progress import progress
from archspec.files import folder, json_text, write


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("spec", help="a file, file.yaml#variant, or the name of a packaged spec or variant")
    parser.add_argument("--variant", metavar="NAME", help="the variant to start from")
    parser.add_argument("--set", metavar="PATH=VALUES", action="append", required=True, dest="grid",
                        help="graph.stage3.repeat=8..16 or params.dim=256,384; one value is set for all")  # fmt: skip
    parser.add_argument("--where", metavar="EXPRESSION", help="keep the points for which this is true")
    parser.add_argument("--pareto", metavar="MEASURES", default=FRONT,
                        help=f"what the front makes small, or with a minus large (default {FRONT})")  # fmt: skip
    parser.add_argument("--format", choices=FORMATS, default="text", help="text, md (Markdown) or csv (every point)")
    parser.add_argument("--svg", metavar="FILE", type=Path, help="draw a scatter plot")
    parser.add_argument("-o", metavar="DIR", type=Path, dest="folder", help="write each kept point as a spec")
    parser.add_argument(
        "--allow-python", action="store_true", help="run the Python files that the spec names under use"
    )
    output_arguments(parser)
    force_argument(parser)


def run(args: argparse.Namespace) -> int:
    if args.folder:
        folder(args.folder)
    count = prod(len(axis.values) for axis in axes_of(args.grid))
    with progress("sweep", count, quiet=args.quiet or args.no_color) as step:
        result = sweep(args.spec, args.grid, args.where, args.variant, pareto=args.pareto,
                       allow_python=args.allow_python, progress=step)  # fmt: skip
    if args.json:
        print(json_text(result.json()))
    elif not args.quiet:
        print(result.text(args.format), end="")
    if args.svg:
        write(args.svg, scatter(result))
    if args.folder:
        files = result.write(args.folder)
        print(f"{len(files):,} specs in {args.folder}", file=sys.stderr)
    return 0 if result.kept else 1
