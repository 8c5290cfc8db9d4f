"""The arguments that several verbs have."""

from __future__ import annotations

import argparse


def spec_arguments(parser: argparse.ArgumentParser, nargs: str | None = None) -> None:
    """Which spec, and what to change about it."""
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
    """Whose weights they are, and which may be missing."""
    parser.add_argument("--source", default="auto", help="official, timm, hf, vit_pytorch, archspec … (default auto)")
    parser.add_argument("--allow-missing", metavar="PATTERN", action="append", default=[],
                        help="weights that may be missing or of another shape, such as 'head*'")  # fmt: skip


def output_arguments(parser: argparse.ArgumentParser) -> None:
    """How a verb talks."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("-q", "--quiet", action="store_true", help="print problems only")
    parser.add_argument("--no-color", action="store_true", help="no colours or progress (as does NO_COLOR)")
