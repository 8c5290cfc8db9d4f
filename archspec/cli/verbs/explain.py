"""Print one value of a spec, every place that set it (the last one counts), and what its expression reads.

The path is dotted: graph.stage3.repeat, params.dim. It may go on into a slot or into a block written in YAML
(graph.stage3.layers.mlp.ratio) and pick one of a repeat (graph.stage3.layers.3.drop_path); graph. may be left out.
"""

from __future__ import annotations

import argparse

from archspec.cli.arguments import output_arguments, spec_arguments
from archspec.files import json_text
from archspec.language.explain import explain


def arguments(parser: argparse.ArgumentParser) -> None:
    spec_arguments(parser)
    parser.add_argument("path", help="the value, such as graph.stage3.repeat")
    output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    explanation = explain(args.spec, args.path, args.variant, args.settings, allow_python=args.allow_python)
    print(json_text(explanation.json()) if args.json else explanation)
    return 0
