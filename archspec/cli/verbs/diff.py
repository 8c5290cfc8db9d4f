"""Compare two specs: nodes added, removed, changed, moved; shapes, costs, and the share of weights that carries over.

    archspec diff cvt_13 cvt_21
    archspec diff cvt_13 --set params.image=384        what an edit does: B is A with the settings
    archspec diff cvt_13 cvt_21 --depth 2 -o diff.svg  the picture: B, with what was added and changed marked, and what
                                                       was removed still there

Exit code 0 where the graphs are equal, 1 where they differ (or one of them has problems).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from archspec.analysis.diff import FORMATS, diff
from archspec.cli.arguments import force_argument, output_arguments
from archspec.diagrams import COMPARISONS, compare, look_arguments, look_of
from archspec.files import json_text, write
from archspec.language import load


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("a", metavar="A", help="a file, file.yaml#variant, or the name of a packaged spec or variant")
    parser.add_argument("b", metavar="B", nargs="?", help="the other; by default A, with the settings")
    parser.add_argument("--set", metavar="PATH=VALUE", action="append", default=[], dest="settings",
                        help="change one value of B; may be given often")  # fmt: skip
    parser.add_argument(
        "--allow-python", action="store_true", help="run the Python files that the specs name under use"
    )
    output_arguments(parser)
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="where to; by default to standard output")
    parser.add_argument("--format", choices=(*FORMATS, *COMPARISONS),
                        help="text, md (Markdown), svg, png, pdf or html; by default what "
                             "the suffix of -o says")  # fmt: skip
    look_arguments(parser)
    force_argument(parser)


def run(args: argparse.Namespace) -> int:
    a = load(args.a, allow_python=args.allow_python)
    b = load(args.b or args.a, overrides=args.settings, allow_python=args.allow_python)
    difference = diff(a, b)
    suffix = args.output.suffix.removeprefix(".") if args.output else ""
    format = args.format or (suffix if suffix in ("md", *COMPARISONS) else "text")
    if args.json:
        content = f"{json_text(difference.json())}\n".encode()
    elif format in COMPARISONS:
        content = compare(difference, **look_of(args)).bytes(format)
    else:
        content = difference.text(format).encode()
    if args.output:
        write(args.output, content)
    elif not args.quiet:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    return 1 if difference else 0
