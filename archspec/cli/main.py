"""`archspec VERB …`: each verb is a file in `archspec/cli/verbs`, imported when it is used."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pkgutil import get_data, iter_modules

from archspec import __version__
from archspec.cli import verbs as folder
from archspec.errors import SpecError

FINE, FINDINGS, USAGE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; the exit code is 0 (fine), 1 (findings in a spec, a stale file, a budget missed) or 2 (usage)."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    gc.set_threshold(1_000_000)  # what is imported stays: looking through it for garbage costs a short run a tenth
    parser = _parser(given)
    args = parser.parse_args(given)
    try:
        code: int = args.run(args)
        sys.stdout.flush()
    except SpecError as error:
        if args.traceback:
            raise
        _show(error, as_json=getattr(args, "json", False))
        return FINDINGS
    except BrokenPipeError:  # the reader of our output has gone, `archspec … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if args.traceback:
            raise
        print(f"archspec: {type(error).__name__}: {error}", file=sys.stderr)
        print("archspec: run it again with --traceback to see where", file=sys.stderr)
        return USAGE
    return code


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """Only the verb that is asked for is imported; without one, help lists them all."""
    parser = argparse.ArgumentParser(
        prog="archspec", description="Vision transformers as YAML graphs.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"archspec {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    names = sorted(module.name for module in iter_modules(folder.__path__))
    asked = next((word for word in given if not word.startswith("-")), None)
    if asked not in names:
        for name in names:
            verbs.add_parser(name, help=_gist(name))
    else:
        module = import_module(f"archspec.cli.verbs.{asked}")
        verb = verbs.add_parser(asked, description=module.__doc__, allow_abbrev=False,
                                formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
        module.arguments(verb)
        verb.add_argument("--traceback", action="store_true", help="show Python's own traceback when something fails")
        verb.set_defaults(run=module.run)
    return parser


def _gist(verb: str) -> str:
    """The first line of a verb's docstring, read and not imported."""
    text = (get_data("archspec.cli.verbs", f"{verb}.py") or b"").decode()
    return text.partition('"""')[2].partition("\n")[0].removesuffix('"""')


def _show(error: SpecError, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"problems": [problem.json() for problem in error.problems]}, indent=2))
        return
    print(error, file=sys.stderr)
    if len(error.problems) > 1:
        print(f"\n{len(error.problems)} problems", file=sys.stderr)
