"""Print the JSON Schema of specs, for editors: completion, documentation on hover, wrong keys underlined.

A spec names it in its first line: # yaml-language-server: $schema=archspec.schema.json
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from archspec.cli.arguments import force_argument
from archspec.files import write
from archspec.language.schema import schema


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", metavar="FILE", type=Path, dest="file", help="write it there instead")
    parser.add_argument("--check", metavar="FILE", type=Path, help="exit code 1 where this file is not up to date")
    force_argument(parser)


def run(args: argparse.Namespace) -> int:
    text = json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
    if args.check:
        fresh = args.check.is_file() and args.check.read_text(encoding="utf-8") == text
        print(f"{args.check} is {'up to date' if fresh else 'stale: archspec schema -o ' + str(args.check)}")
        return 0 if fresh else 1
    if args.file:
        write(args.file, text)
    else:
        print(text, end="")
    return 0
