"""List the specs that come with the package, and their variants."""

from __future__ import annotations

import argparse

from archspec.cli.arguments import output_arguments
from archspec.files import json_text
from archspec.language import open_spec, packaged_specs


def arguments(parser: argparse.ArgumentParser) -> None:
    output_arguments(parser)


def run(args: argparse.Namespace) -> int:
    variants_of = {}
    for path in packaged_specs():
        name = path.stem if path.parent.name == "specs" else f"{path.parent.name}/{path.stem}"
        variants_of[name] = list(open_spec(path).variants)
    if args.json:
        print(json_text(variants_of))
        return 0
    for name, variants in variants_of.items():
        print(name)
        for variant in variants:
            print(f"  {variant}")
    return 0
