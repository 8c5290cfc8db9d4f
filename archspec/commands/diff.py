"""Compare two specs: nodes added, removed, changed, moved; shapes, costs, and the share of weights that carries over.

    archspec diff cvt_13 cvt_21
    archspec diff cvt_13 --set params.image=384        what an edit does: B is A with the settings

Exit code 0 where the graphs are equal, 1 where they differ (or one of them has problems).
"""

from __future__ import annotations

import argparse
import json

from archspec.commands import output_arguments
from archspec.diff import FORMATS, diff
from archspec.load import load


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("a", metavar="A", help="a file, file.yaml#variant, or the name of a packaged spec or variant")
    parser.add_argument("b", metavar="B", nargs="?", help="the other; by default A, with the settings")
    parser.add_argument("--set", metavar="PATH=VALUE", action="append", default=[], dest="settings",
                        help="change one value of B; may be given often")  # fmt: skip
    parser.add_argument(
        "--allow-python", action="store_true", help="run the Python files that the specs name under use"
    )
    output_arguments(parser)
    parser.add_argument("--format", choices=FORMATS, default="text", help="text or md (Markdown)")


def run(args: argparse.Namespace) -> int:
    a = load(args.a, allow_python=args.allow_python)
    b = load(args.b or args.a, overrides=args.settings, allow_python=args.allow_python)
    found = diff(a, b)
    if not args.quiet:
        print(json.dumps(found.json(), indent=2) + "\n" if args.json else found.text(args.format), end="")
    return 1 if found else 0
