"""Arguments that several verbs have, and the end of a run whose arguments are wrong."""

from __future__ import annotations

import argparse
import sys
from typing import NoReturn

USAGE = 2
"""The exit code where the command is wrong, not the spec."""


def spec_arguments(parser: argparse.ArgumentParser, nargs: str | None = None) -> None:
    """Add the spec, its variant, and what to change about it."""
    parser.add_argument(
        "spec", nargs=nargs, help="a file, file.yaml#variant, or the name of a packaged spec or variant"
    )
    parser.add_argument("--variant", metavar="NAME", help="the variant; by default the one that the spec names")
    parser.add_argument("--set", metavar="PATH=VALUE", action="append", default=[], dest="settings",
                        help="change one value, such as graph.stage3.repeat=12; may be given often")  # fmt: skip
    parser.add_argument(
        "--allow-python", action="store_true", help="run the Python files that the spec names under use"
    )


def weights_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the source of weights, and the names of those that may be missing."""
    parser.add_argument("--source", default="auto", help="official, timm, hf, vit_pytorch, archspec … (default auto)")
    parser.add_argument("--resampling", help="how positions are brought to another size: bicubic, as DeiT does, or "
                        "antialiased, as timm does (default: as the source does)")  # fmt: skip
    parser.add_argument("--allow-missing", metavar="PATTERN", action="append", default=[],
                        help="weights that may be missing or of another shape, such as 'head*'")  # fmt: skip


def output_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how much a verb prints, and in which form."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("-q", "--quiet", action="store_true", help="print problems only")
    parser.add_argument("--no-color", action="store_true", help="no colours or progress (as does NO_COLOR)")


def force_argument(parser: argparse.ArgumentParser) -> None:
    """Add the wish to lose what is there."""
    parser.add_argument("--force", action="store_true", help="write over any file: one of another kind, a spec …")


def depth_of(text: str) -> int | None:
    """The value of --depth: a number of levels, or None for all of them. Ends the run where it is neither."""
    if text == "all":
        return None
    if not text.isdecimal() or len(text) > 3:
        refuse(f"--depth takes a number or all, got {text}")
    return int(text)


def refuse(message: str) -> NoReturn:
    """End the run with the exit code of a usage error, for what argparse cannot tell by itself."""
    print(f"archspec: {message}", file=sys.stderr)
    raise SystemExit(USAGE)
