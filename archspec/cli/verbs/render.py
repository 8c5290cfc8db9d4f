"""Draw the architecture: SVG, PNG, PDF, DOT, Mermaid or interactive HTML, by the suffix of -o or by --format.

Without -o the drawing's text goes to standard output. An SVG keeps the command that drew it, relative to itself: name
the SVG, or a folder of them, in place of the spec, and each is drawn anew. With --check nothing is written:

    archspec render specs/cvt.yaml --depth 2 -o docs/cvt.svg
    archspec render docs/cvt.svg         draw it anew
    archspec render --check docs         exit code 1 where a picture is stale, and what to type to mend it
"""

from __future__ import annotations

import argparse
import html
import json
import os
import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from archspec.cli.arguments import output_arguments, spec_arguments
from archspec.diagrams import FORMATS, THEMES, Picture, render
from archspec.diagrams.formats import SUFFIXES
from archspec.diagrams.options import DIRECTIONS
from archspec.errors import Problem, RuleError, SpecError
from archspec.files import write
from archspec.language.load import load

_RECORD = re.compile(r"<metadata>archspec render (.*?)</metadata>\n", re.DOTALL)
_FLAGS = {"settings": "--set"}  # all other options are called as the argument of `render` that they fill


def arguments(parser: argparse.ArgumentParser) -> None:
    spec_arguments(parser, nargs="+")
    output_arguments(parser)
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="where to; its suffix tells the format")
    parser.add_argument("--format", choices=FORMATS, help="by default what the suffix of -o says, or svg")
    parser.add_argument("--scale", type=float, default=2.0, help="pixels of a PNG per unit (default 2)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where a picture is stale")
    look_arguments(parser)


def look_arguments(parser: argparse.ArgumentParser) -> None:
    """How it is drawn."""
    parser.add_argument("--depth", default="1", help="levels of nesting to open: a number, or all (default 1)")
    parser.add_argument("--expand", metavar="PATH", action="append", default=[], help="open this node too")
    parser.add_argument("--collapse", metavar="PATH", action="append", default=[], help="keep this node closed")
    parser.add_argument("--direction", choices=DIRECTIONS, default="TB", help="where the data flows (default TB)")
    parser.add_argument("--theme", choices=THEMES, default="light", help="auto follows the reader's light or dark")
    parser.add_argument("--shapes", choices=("changes", "all", "none"), default="changes",
                        help="which wires say their shape (default changes)")  # fmt: skip
    parser.add_argument(
        "--costs", choices=("params", "macs"), action="append", default=[], help="write it on the nodes"
    )
    parser.add_argument("--heat", choices=("params", "macs"), help="colour the nodes by it")
    parser.add_argument("--no-legend", dest="legend", action="store_false", help="leave the legend out")
    parser.add_argument("--title", metavar="TEXT", default=True, help="above the picture; by default the spec's title")
    parser.add_argument("--caption", metavar="TEXT", default=True, help="below it; by default the totals")


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which spec is drawn, and how: the words of a command line."""

    spec: str
    variant: str | None
    settings: tuple[str, ...]
    look: Mapping[str, Any]  # the arguments of `render`, those alone that are not the usual ones

    @classmethod
    def of(cls, args: argparse.Namespace, spec: str) -> Recipe:
        return cls(spec, args.variant, tuple(args.settings), look_of(args))

    @classmethod
    def read(cls, words: Iterable[str]) -> Recipe:
        """From words as they stand behind `archspec render`."""
        parser = _Parser(add_help=False, allow_abbrev=False)
        spec_arguments(parser)
        look_arguments(parser)
        args = parser.parse_args(list(words))
        if args.allow_python:
            raise SpecError(
                Problem("usage", "whether Python is run is said by who runs archspec, not by what is drawn")
            )
        return cls.of(args, args.spec)

    def words(self) -> Iterator[str]:
        """What stands behind `archspec render`."""
        yield self.spec
        for name, given in {"variant": self.variant, "settings": self.settings, **self.look}.items():
            flag = _FLAGS.get(name, f"--{name}")
            if given is False:
                yield f"--no-{name}"
            elif isinstance(given, list | tuple):
                for item in given:
                    yield from (flag, item)
            elif given is not None:
                yield from (flag, given)

    def based(self, old: Path, new: Path) -> Recipe:
        """The same, with a spec that lies at a path from one folder named from another."""
        file, mark, variant = self.spec.partition("#")
        if not (old / file).is_file():  # the name of a packaged spec
            return self
        spec = Path(os.path.relpath(old / file, new)).as_posix() + mark + variant
        return Recipe(spec, self.variant, self.settings, self.look)

    def draw(self, *, scale: float = 2.0, allow_python: bool = False) -> Picture:
        """The picture, in the formats there are."""
        graph = load(self.spec, self.variant, self.settings, allow_python=allow_python)
        try:
            return render(graph, scale=scale, **self.look)
        except RuleError as error:
            raise SpecError(Problem(error.code, str(error), help=error.help)) from None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SpecError(Problem("usage", message))


def look_of(args: argparse.Namespace) -> dict[str, Any]:
    """What is asked for beside the usual look, as arguments of `render`."""
    parser = _Parser(add_help=False)
    look_arguments(parser)
    usual = vars(parser.parse_args([]))
    return {name: getattr(args, name) for name, value in usual.items() if getattr(args, name) != value}


def run(args: argparse.Namespace) -> int:
    drawn = [file for name in args.spec for file in _pictures(name)]
    if drawn:
        return _again(drawn, args)
    if len(args.spec) > 1:
        raise SpecError(Problem("usage", "render takes one spec, or pictures that it drew before"))
    if args.check and not args.output:
        raise SpecError(Problem("usage", "--check takes a picture, a folder of pictures, or a spec with -o FILE"))
    recipe = Recipe.of(args, args.spec[0])
    data = _content(recipe, args.output, args)
    if args.check:
        more = ["--format", args.format] * bool(args.format) + ["--scale", f"{args.scale:g}"] * (args.scale != 2)
        command = [*recipe.words(), *more, "-o", str(args.output)]
        return _told([_state(args.output, data, command)], args)
    if args.output:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        write(args.output, data)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    return 0


def _again(files: list[Path], args: argparse.Namespace) -> int:
    """Draw pictures as they were drawn before; all of them, also where one fails."""
    problems: dict[Problem, None] = {}
    states = []
    for file in files:
        try:
            recipe = recorded(file)
            if recipe is None:
                help = f"archspec render SPEC -o {file} draws one that does"
                raise SpecError(Problem("render", f"{file} does not say what it was drawn from", help=help))
            data = _content(recipe, file, args)
        except SpecError as error:
            problems |= dict.fromkeys(error.problems)
        else:
            states.append(_state(file, data, [str(file)]))
            if not args.check and states[-1]:
                write(file, data)
    if args.check:
        _told(states, args)
    if problems:
        raise SpecError(problems)
    return 1 if args.check and any(states) else 0


def recorded(file: Path) -> Recipe | None:
    """How an SVG was drawn, its spec named from here; None where it does not say so."""
    if not file.is_file():
        raise SpecError(Problem("file-missing", f"there is no picture {file}"))
    found = _RECORD.search(file.read_text(encoding="utf-8", errors="replace"))
    if not found:
        return None
    try:
        return Recipe.read(shlex.split(html.unescape(found[1]))).based(file.parent, Path())
    except (SpecError, ValueError) as error:
        raise SpecError(
            Problem("render", f"{file} says what it was drawn from, but not so that it can be read: {error}")
        ) from None


def _pictures(name: str) -> Iterator[Path]:
    """The pictures that a word stands for: itself, those in a folder, or none where it is a spec."""
    path = Path(name)
    if path.suffix == ".svg":
        yield path
    elif path.is_dir():
        files = (file for file in sorted(path.rglob("*.svg")) if not any(p.startswith(".") for p in file.parts))
        yield from (file for file in files if _RECORD.search(file.read_text(encoding="utf-8", errors="replace")))


def _content(recipe: Recipe, file: Path | None, args: argparse.Namespace) -> bytes:
    suffix = file.suffix.removeprefix(".").lower() if file else "svg"
    format = args.format or SUFFIXES.get(suffix, suffix)
    picture = recipe.draw(scale=args.scale, allow_python=args.allow_python)
    try:
        data = picture.bytes(format)
    except RuleError as error:
        raise SpecError(Problem(error.code, str(error), help=error.help)) from None
    if file and format == "svg":
        return signed(data.decode(), recipe.based(Path(), file.parent)).encode()
    return data


def signed(svg: str, recipe: Recipe) -> str:
    """An SVG that keeps the command which drew it."""
    record = f"<metadata>archspec render {html.escape(shlex.join(recipe.words()), quote=False)}</metadata>\n"
    return re.sub(r"(?<=</title>\n)", lambda _: record, svg, count=1)


def _state(file: Path, data: bytes, command: list[str]) -> dict[str, str] | None:
    """What is wrong with a picture, and what mends it; None where it is fresh."""
    if file.is_file() and file.read_bytes() == data:
        return None
    state = "stale" if file.is_file() else "missing"
    return {"file": str(file), "state": state, "repair": shlex.join(["archspec", "render", *command])}


def _told(states: list[dict[str, str] | None], args: argparse.Namespace) -> int:
    found = [state for state in states if state]
    if args.json:
        print(json.dumps({"stale": found}, indent=2))
    else:
        for state in found:
            print(f"{state['file']} is {state['state']}; this draws it:\n    {state['repair']}", file=sys.stderr)
        if not found and not args.quiet:
            print(f"{len(states)} picture{'s' * (len(states) != 1)}: fine")
    return 1 if found else 0
