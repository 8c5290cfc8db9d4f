"""The recipe of a picture: which spec is drawn, and how. An SVG keeps it, as the command that draws it anew."""

from __future__ import annotations

import argparse
import html
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from archspec.diagrams.options import OPTIONS
from archspec.diagrams.picture import Picture, render
from archspec.errors import Problem, SpecError, printable, shown
from archspec.language import load, packaged_specs
from archspec.language.document import note, noting

BEGIN, END = "<metadata>archspec render ", "</metadata>\n"
MOST_BYTES, MOST_RECORD = 2**24, 2**15
"""How far a picture is read to find its record, and how long that may be."""


def look_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each option of a look."""
    for option in OPTIONS:
        if option.type is bool:
            parser.add_argument(option.flag, dest=option.name, action="store_false", help=option.help)
        else:
            parser.add_argument(option.flag, dest=option.name, action="append" if option.type is list else "store",
                                choices=option.choices or None, metavar=option.metavar or None,
                                default=option.default, help=option.help)  # fmt: skip


def look_of(args: argparse.Namespace) -> dict[str, Any]:
    """The options of a look that differ from their defaults, as arguments of `render`."""
    values = {option.name: getattr(args, option.name) for option in OPTIONS}
    return {option.name: values[option.name] for option in OPTIONS if values[option.name] != option.default}


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
        if self.variant is not None:
            yield from ("--variant", self.variant)
        for setting in self.settings:
            yield from ("--set", setting)
        for option in OPTIONS:
            if option.name not in self.look:
                continue
            value = self.look[option.name]
            for item in value if option.type is list else [value]:
                yield from (option.flag, item) if option.type is not bool else (option.flag,)

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
    record = f"{BEGIN}{html.escape(shlex.join(recipe.words()), quote=False)}{END}"
    return re.sub(r"(?<=</title>\n)", lambda _: shown(record), svg, count=1)


def is_signed(file: Path) -> bool:
    """Whether a file has the record that `signed` leaves."""
    return file.is_file() and _record(file) is not None


def recorded(file: Path) -> Recipe | None:
    """The recipe that an SVG keeps, its spec named from the working folder; None where it keeps none.

    Raises SpecError where the file is missing, its record cannot be read, or its spec is outside of its tree.
    """
    if not file.is_file():
        raise SpecError(Problem("file-missing", f"there is no picture {file}"))
    record = _record(file)
    if record is None:
        return None
    try:
        if len(record) > MOST_RECORD:
            raise ValueError(f"it has {len(record):,} characters, more than {MOST_RECORD:,}")
        recipe = Recipe.read(shlex.split(record)).moved(file.parent, Path())
    except (SpecError, ValueError) as error:
        message = f"{file} says what it was drawn from, but not so that it can be read: {error}"
        raise SpecError(Problem("render", message)) from None
    spec = Path(recipe.spec.partition("#")[0])
    if spec.exists():
        _stay(file, [spec])
    return recipe


@contextmanager
def within_tree(file: Path) -> Iterator[None]:
    """Draw a picture anew in the `with` block; raises SpecError where a file outside of its tree was read for that.

    A picture's tree is its own folder and the one above, as it is for the files that a spec names, and the working
    folder where the picture lies in it. Links lead no further: what counts is where they end.
    """
    with noting() as files:
        try:
            yield
        finally:  # in place of another error, too, which might show what stands in the file
            _stay(file, files)
    for read in files:
        note(read)


def _stay(file: Path, files: Iterable[Path]) -> None:
    """Raise SpecError where a file is outside of a picture's tree, and no packaged spec."""
    folder, here = file.parent.resolve(), Path.cwd()
    tree = [folder.parent, *([here] if folder.is_relative_to(here) else [])]
    for other in files:
        real = Path(os.path.realpath(other))
        if not any(real.is_relative_to(root) for root in tree) and not _is_packaged(real):
            message = f"{file} says that it was drawn from {other}, which is outside of its tree"
            help = f"name the spec yourself, if you trust it: archspec render {other} -o {file}"
            raise SpecError(Problem("file-outside", printable(message), help=printable(help)))


def _is_packaged(file: Path) -> bool:
    return any(file.is_relative_to(spec.resolve().parent) for spec in packaged_specs())


def _record(file: Path) -> str | None:
    """The words in a picture's record."""
    with file.open("rb") as opened:
        text = opened.read(MOST_BYTES).decode(errors="replace")
    start = text.find(BEGIN)
    end = text.find(END, start) if start >= 0 else -1
    return html.unescape(text[start + len(BEGIN) : end]) if end >= 0 else None
