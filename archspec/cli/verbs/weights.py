"""Load anybody's weights into a spec and report on every tensor; with -o, write them under the spec's names.

With --dry-run only names and shapes are read. Exit code 1 where something is missing, left over or of another shape.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from archspec.cli.arguments import force_argument, output_arguments, spec_arguments, weights_arguments
from archspec.cli.progress import progress
from archspec.files import json_text, refuse
from archspec.language import load
from archspec.language.document import note


def arguments(parser: argparse.ArgumentParser) -> None:
    spec_arguments(parser)
    parser.add_argument("file", help="a safetensors, .pth, .pt, .bin or .tar file; code in pickles is refused")
    output_arguments(parser)
    weights_arguments(parser)
    parser.add_argument("--dry-run", action="store_true", help="read names and shapes, report, fill nothing")
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="write the result as safetensors")
    force_argument(parser)


def run(args: argparse.Namespace) -> int:
    graph = load(args.spec, args.variant, args.settings, allow_python=args.allow_python)
    note(args.file)
    if args.output and not args.dry_run:
        refuse(args.output, "weights")
    with progress("weights", 3, quiet=args.quiet) as step:
        step("import torch")
        from archspec.compiler import compile
        from archspec.weights import load_weights, plan_weights, save_weights

        if args.dry_run:
            report = plan_weights(graph, args.file, args.source, args.allow_missing, args.resampling)
        else:
            step("build")
            model = compile(graph)
            step("load")
            report = load_weights(
                model, args.file, args.source, allow_missing=args.allow_missing, resampling=args.resampling
            )
            if args.output:
                save_weights(model, args.output)
    if args.json:
        print(json_text(report.json()))
    elif not args.quiet:
        print(report)
    return 1 if report.faults else 0
