"""Draw the architecture: SVG, PNG, PDF, TikZ, DOT, Mermaid or interactive HTML, by the suffix of -o or by --format.

Without -o the drawing's text goes to standard output. An SVG keeps the command that drew it, relative to itself: name
the SVG, or a folder of them, in place of the spec, and each is drawn anew. With --check nothing is written. --lowered
draws the graph that runs, which keeps no command:

    archspec render specs/cvt.yaml --depth 2 -o docs/cvt.svg
    archspec render cvt_13 --root stage3.layers --hide drop_path --theme paper --width 85mm -o layer.tex    for a paper
    archspec render docs/cvt.svg         draw it anew
    archspec render --check docs         exit code 1 where a picture is stale, and what to type to mend it
"""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

from archspec.cli.arguments import force_argument, output_arguments, spec_arguments
from archspec.diagrams import (
    FORMATS,
    SUFFIXES,
    Recipe,
    is_signed,
    look_arguments,
    recorded,
    render,
    signed,
    within_tree,
)
from archspec.errors import Problem, RuleError, SpecError
from archspec.files import folder, json_text, write
from archspec.language import load

READABLE = ("dot", "mermaid", "tikz")
"""The formats that a terminal may show: they are meant to be read."""


def arguments(parser: argparse.ArgumentParser) -> None:
    spec_arguments(parser, nargs="+")
    output_arguments(parser)
    parser.add_argument("-o", "--output", metavar="FILE", type=Path, help="where to; its suffix tells the format")
    parser.add_argument("--format", choices=FORMATS, help="by default what the suffix of -o says, or svg")
    parser.add_argument("--scale", type=float, default=2.0, help="pixels of a PNG per unit (default 2)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where a picture is stale")
    parser.add_argument("--lowered", action="store_true", help="draw the graph that runs, as the compiler rewrites it")
    look_arguments(parser)
    force_argument(parser)


def run(args: argparse.Namespace) -> int:
    pictures = [file for name in args.spec for file in _pictures(name)]
    if pictures:
        return _redraw(pictures, args)
    if len(args.spec) > 1:
        raise SpecError(Problem("usage", "render takes one spec, or pictures that it drew before"))
    if args.check and not args.output:
        raise SpecError(Problem("usage", "--check takes a picture, a folder of pictures, or a spec with -o FILE"))
    if not args.output and sys.stdout.isatty() and (args.format or "svg") not in READABLE:
        help = (
            f"-o {Path(args.spec[0].partition('#')[0]).stem}.{args.format or 'svg'} writes a file; a pipe takes it, too"
        )
        raise SpecError(Problem("usage", "a terminal shows no pictures", help=help))
    recipe = Recipe.of(args, args.spec[0])
    if args.lowered and args.check:
        raise SpecError(Problem("usage", "a picture of the graph that runs keeps no recipe: --lowered has no --check"))
    data = _content(recipe, args.output, args)
    if args.check:
        more = ["--format", args.format] * bool(args.format) + ["--scale", f"{args.scale:g}"] * (args.scale != 2)
        command = [*recipe.words(), *more, "-o", str(args.output)]
        return _report([_state(args.output, data, command)], args)
    if args.output:
        _save(args.output, data, args)
    else:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    return 0


def _save(file: Path, data: bytes, args: argparse.Namespace) -> None:
    """Write a picture, and say so."""
    new = next((place for place in reversed([file.parent, *file.parent.parents]) if not place.exists()), None)
    folder(file.parent)
    write(file, data)
    if not args.quiet:
        print(f"{file} is drawn" + (f", in the new folder {new}" if new else ""), file=sys.stderr)


def _redraw(files: list[Path], args: argparse.Namespace) -> int:
    """Draw pictures by the recipes that they keep; an error in one does not keep the others from being drawn."""
    problems: dict[Problem, None] = {}
    states = []
    for file in files:
        try:
            recipe = recorded(file)
            if recipe is None:
                help = f"archspec render SPEC -o {file} draws one that does"
                raise SpecError(Problem("render", f"{file} does not say what it was drawn from", help=help))
            with within_tree(file):
                data = _content(recipe, file, args)
        except (SpecError, RuleError) as error:
            problems |= dict.fromkeys(error.problems)
        else:
            states.append(_state(file, data, [str(file)]))
            if not args.check and states[-1]:
                _save(file, data, args)
    code = _report(states, args, problems) if args.check else 0
    if problems and not (args.check and args.json):
        raise SpecError(problems)
    return code


def _pictures(name: str) -> Iterator[Path]:
    """The pictures that an argument names: itself, those in a folder that keep their recipe, or none for a spec."""
    path = Path(name)
    if path.suffix == ".svg":
        yield path
    elif path.is_dir():
        root = path.resolve()  # a link that leads out of the folder is none of its pictures
        files = (file for file in sorted(path.rglob("*.svg")) if not any(p.startswith(".") for p in file.parts))
        yield from (file for file in files if file.resolve().is_relative_to(root) and is_signed(file))


def _content(recipe: Recipe, file: Path | None, args: argparse.Namespace) -> bytes:
    """The picture in the format that --format or the file's suffix names."""
    suffix = file.suffix.removeprefix(".").lower() if file else "svg"
    format = args.format or SUFFIXES.get(suffix, suffix)
    if args.lowered:
        from archspec.compiler import lower, running

        graph = load(recipe.spec, recipe.variant, recipe.settings, allow_python=args.allow_python)
        return render(running(lower(graph).graph), scale=args.scale, **recipe.look).bytes(format)
    data = recipe.draw(scale=args.scale, allow_python=args.allow_python).bytes(format)
    if file and format == "svg":
        return signed(data.decode(), recipe.moved(Path(), file.parent)).encode()
    return data


def _state(file: Path, data: bytes, command: list[str]) -> dict[str, str] | None:
    """Why a picture is not as `data`, and the command that mends it; None where it is."""
    if file.is_file() and file.read_bytes() == data:
        return None
    state = "stale" if file.is_file() else "missing"
    return {"file": str(file), "state": state, "repair": shlex.join(["archspec", "render", *command])}


def _report(states: list[dict[str, str] | None], args: argparse.Namespace, problems: Collection[Problem] = ()) -> int:
    """Print which pictures are stale, and as JSON what is wrong with the others; the exit code."""
    stale = [state for state in states if state]
    if args.json:
        more = {"problems": [problem.json() for problem in problems]} if problems else {}
        print(json_text({"stale": stale, **more}))
    else:
        for state in stale:
            print(f"{state['file']} is {state['state']}; this draws it:\n    {state['repair']}", file=sys.stderr)
        if not stale and not problems and not args.quiet:
            print(f"{len(states)} picture{'s' * (len(states) != 1)}: fine")
    return 1 if stale or problems else 0
