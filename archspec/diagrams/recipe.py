"""The recipe of a picture: which spec is drawn, and how. An SVG keeps it, as the command that draws it anew."""

from __future__ import annotations

import argparse
import html
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from archspec.diagrams.options import OPTIONS
from archspec.diagrams.picture import Picture, render
from archspec.errors import Problem, SpecError
from archspec.language.load import load

_RECORD = re.compile(r"<metadata>archspec render (.*?)</metadata>\n", re.DOTALL)
_FLAGS = {"settings": "--set"}  # every other option is called as the argument of `render` that it sets


def look_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each option of a look."""
    for option in OPTIONS:
        details: dict[str, Any] = {"help": option.help}
        if option.type is bool:
            details |= {"dest": option.name, "action": "store_false"}
        else:
            details |= {"choices": option.choices} if option.choices else {}
            details |= {"metavar": option.metavar} if option.metavar else {}
            is_list = option.type is list
            details |= {"action": "append", "default": []} if is_list else {"default": option.default}
        parser.add_argument(option.flag, **details)


def look_of(args: argparse.Namespace) -> dict[str, Any]:
    """The options of a look that differ from their defaults, as arguments of `render`."""
    parser = _Parser(add_help=False)
    look_arguments(parser)
    defaults = vars(parser.parse_args([]))
    return {name: getattr(args, name) for name, default in defaults.items() if getattr(args, name) != default}


@dataclass(frozen=True, slots=True)
class Recipe:
    """A spec, its variant and settings, and the options of the look that differ from their defaults."""

    spec: str
    variant: str | None
    settings: tuple[str, ...]
    look: Mapping[str, Any]

    @classmethod
    def of(cls, args: argparse.Namespace, spec: str) -> Recipe:
        """The recipe of a parsed command line."""
        return cls(spec, args.variant, tuple(args.settings), look_of(args))

    @classmethod
    def read(cls, words: Iterable[str]) -> Recipe:
        """The recipe in the words that follow `archspec render`.

        Raises SpecError where they are not a spec and options of a look. `--allow-python` is refused: a picture that
        asks for it could run code on the machine of whoever draws it anew.
        """
        parser = _Parser(add_help=False, allow_abbrev=False)
        parser.add_argument("spec")
        parser.add_argument("--variant")
        parser.add_argument("--set", action="append", default=[], dest="settings")
        parser.add_argument("--allow-python", action="store_true")
        look_arguments(parser)
        args = parser.parse_args(list(words))
        if args.allow_python:
            raise SpecError(
                Problem("usage", "whether Python is run is said by who runs archspec, not by what is drawn")
            )
        return cls.of(args, args.spec)

    def words(self) -> Iterator[str]:
        """The words that follow `archspec render`; `read` takes them back."""
        yield self.spec
        for name, value in {"variant": self.variant, "settings": self.settings, **self.look}.items():
            flag = _FLAGS.get(name, f"--{name}")
            if value is False:
                yield f"--no-{name}"
            elif isinstance(value, list | tuple):
                for item in value:
                    yield from (flag, item)
            elif value is not None:
                yield from (flag, value)

    def moved(self, old: Path, new: Path) -> Recipe:
        """The same recipe for a reader in another folder: a file named relative to `old` is named relative to `new`."""
        file, mark, variant = self.spec.partition("#")
        if not (old / file).is_file():  # the name of a packaged spec
            return self
        return replace(self, spec=Path(os.path.relpath(old / file, new)).as_posix() + mark + variant)

    def draw(self, *, scale: float = 2.0, allow_python: bool = False) -> Picture:
        """Load the spec and draw it. Raises SpecError for the spec, RenderError for the look."""
        graph = load(self.spec, self.variant, self.settings, allow_python=allow_python)
        return render(graph, scale=scale, **self.look)


class _Parser(argparse.ArgumentParser):
    """A parser of words that no user typed just now: a fault is a SpecError, not the end of the program."""

    def error(self, message: str) -> NoReturn:
        raise SpecError(Problem("usage", message))


def signed(svg: str, recipe: Recipe) -> str:
    """The SVG with a record of the command that drew it; `recipe` names the spec as seen from the SVG's folder."""
    record = f"<metadata>archspec render {html.escape(shlex.join(recipe.words()), quote=False)}</metadata>\n"
    return re.sub(r"(?<=</title>\n)", lambda _: record, svg, count=1)


def is_signed(file: Path) -> bool:
    """Whether a file has the record that `signed` leaves."""
    return _record(file) is not None


def recorded(file: Path) -> Recipe | None:
    """The recipe that an SVG keeps, its spec named from the working folder; None where it keeps none.

    Raises SpecError where the file is missing or its record cannot be read.
    """
    if not file.is_file():
        raise SpecError(Problem("file-missing", f"there is no picture {file}"))
    record = _record(file)
    if record is None:
        return None
    try:
        return Recipe.read(shlex.split(record)).moved(file.parent, Path())
    except (SpecError, ValueError) as error:
        message = f"{file} says what it was drawn from, but not so that it can be read: {error}"
        raise SpecError(Problem("render", message)) from None


def _record(file: Path) -> str | None:
    """The words in a picture's record."""
    match = _RECORD.search(file.read_text(encoding="utf-8", errors="replace"))
    return html.unescape(match[1]) if match else None
