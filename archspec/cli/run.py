"""`archspec VERB …`: each verb is a file in `archspec/cli/verbs`, imported when it is used."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from pkgutil import get_data, iter_modules

from archspec import __version__
from archspec.cli import verbs as folder
from archspec.cli.arguments import USAGE
from archspec.cli.screen import drop_output, screens
from archspec.errors import Problem, RuleError, SpecError
from archspec.files import guarding, json_text

FINE, FINDINGS, INTERRUPTED = 0, 1, 130


def prepared(arguments: Sequence[str] | None = None) -> Callable[[], int]:
    """The run of a verb, its arguments parsed, its imports done."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    with screens():
        args = _parser(words).parse_args(words)
    return partial(_run, args)


def _run(args: argparse.Namespace) -> int:
    """Run a verb and say in words what went wrong."""
    from archspec.language.document import noting

    with screens(), noting() as inputs, guarding(inputs, force=getattr(args, "force", False)):
        try:
            code: int = args.run(args)
            sys.stdout.flush()
        except BrokenPipeError:  # the reader of our output has gone, `archspec … | head`
            drop_output()
            return FINE
        except KeyboardInterrupt:
            return INTERRUPTED
        except Exception as error:
            if args.traceback:
                raise
            return _failed(error, as_json=getattr(args, "json", False))
        return code


def _failed(error: Exception, *, as_json: bool) -> int:
    """Tell an error; the exit code."""
    if isinstance(error, SpecError | RuleError):
        _show(error.problems, as_json=as_json)
        return FINDINGS
    if isinstance(error, OSError) and error.strerror:
        place = f"{error.filename}: " if error.filename else ""
        print(f"archspec: {place}{error.strerror[:1].lower()}{error.strerror[1:]}", file=sys.stderr)
    else:
        print(f"archspec: {type(error).__name__}: {error}", file=sys.stderr)
        print("archspec: run it again with --traceback to see where", file=sys.stderr)
    drop_output()
    return USAGE


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Knows the arguments of the verb in `words`, the only one that is imported; without one it lists all verbs."""
    parser = argparse.ArgumentParser(
        prog="archspec", description="Vision transformers as YAML graphs.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"archspec {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    names = sorted(module.name for module in iter_modules(folder.__path__))
    first = next((word for word in words if not word.startswith("-")), None)
    if first not in names:
        for name in names:
            verbs.add_parser(name, help=_gist(name))
    else:
        module = import_module(f"archspec.cli.verbs.{first}")
        verb = verbs.add_parser(first, description=module.__doc__, allow_abbrev=False,
                                formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
        module.arguments(verb)
        verb.add_argument("--traceback", action="store_true", help="show Python's own traceback when something fails")
        verb.set_defaults(run=module.run)
    return parser


def _gist(verb: str) -> str:
    """The first line of a verb's docstring; the verb is read, not imported."""
    text = (get_data("archspec.cli.verbs", f"{verb}.py") or b"").decode()
    return text.partition('"""')[2].partition("\n")[0].removesuffix('"""')


def _show(problems: Sequence[Problem], *, as_json: bool) -> None:
    if as_json:
        print(json_text({"problems": [problem.json() for problem in problems]}))
        return
    print("\n\n".join(map(str, problems)), file=sys.stderr)
    if len(problems) > 1:
        print(f"\n{len(problems)} problems", file=sys.stderr)
