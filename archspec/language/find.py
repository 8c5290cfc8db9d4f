"""Specs by path or name: opening a file, what it extends, its variants, and the specs that come with the package."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from archspec.errors import Problem, SpecError, listing, nearest
from archspec.language import document
from archspec.language.document import Fields, Leaf
from archspec.language.overlay import merge, overlay_of, without
from archspec.language.spec import DOCUMENT_KEYS, SPEC_KEYS
from archspec.language.words import beside

MOST_EXTENDS = 20
MOST_CHARACTERS = 4096  # of a path


@dataclass(frozen=True, slots=True, eq=False)
class SpecFile:
    """A spec's tree, merged with what it extends; its file; and the variant that `file.yaml#variant` named."""

    tree: Fields
    path: Path
    variant: str | None = None

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of the variants, in the order of the file."""
        variants = self.tree.entries.get("variants")
        return tuple(variants.entries) if isinstance(variants, Fields) else ()

    @property
    def default(self) -> str | None:
        """The variant that is built when none is named."""
        default = self.tree.entries.get("default")
        return default.value if isinstance(default, Leaf) and isinstance(default.value, str) else None


def open_spec(path: str | Path) -> SpecFile:
    """Read a spec and all that it extends: a file, `file.yaml#variant`, or the name of a packaged spec or variant.

    Raises SpecError where there is none, or where a file is no document.
    """
    text, variant = split(path)
    if not text.endswith((".yaml", ".yml")) and not os.path.lexists(text):
        if home := packaged(text):
            return replace(_open(home[0]), variant=variant or home[1])
        if "/" not in text and "." not in text:
            names = [name for file in packaged_specs() for name in (file.stem, *_open(file).variants)]
            message = f"there is no file {text}, and no packaged spec or variant is called so"
            help = nearest(text, names) or "`archspec specs` lists them"
            raise SpecError(Problem("file-missing", message, help=help))
    return replace(_open(Path(text)), variant=variant or None)


def split(path: str | Path, folder: Path = Path()) -> tuple[str, str]:
    """`file.yaml#variant` as the file and the variant, which may be empty.

    A file may have a # in its name: the longest name counts that a file in the folder has.
    """
    parts = str(path).split("#")
    for count in range(len(parts), 1, -1) if len(str(path)) <= MOST_CHARACTERS else ():
        name = "#".join(parts[:count])
        if os.path.isfile(folder / name):
            return name, "#".join(parts[count:])
    return parts[0], "#".join(parts[1:])


def resolve(spec: SpecFile, variant: str | None = None, overrides: Iterable[str] = ()) -> Fields:
    """A spec's tree with a variant (by default its own default) and settings applied.

    Raises SpecError where there is no such variant, or where one overrides what is not there.
    """
    problems: list[Problem] = []
    tree = _with_variant(spec, variant, problems)
    for setting in overrides:
        tree = merge(tree, overlay_of(setting), problems, top=SPEC_KEYS)
        tree = without(tree, ("expect",))  # a budget of the file says nothing about an edited spec
    if problems:
        raise SpecError(problems)
    return tree


def _with_variant(spec: SpecFile, variant: str | None, problems: list[Problem]) -> Fields:
    name = variant or spec.default
    if name is None:
        return spec.tree
    variants = spec.tree.entries.get("variants")
    if not isinstance(variants, Fields) or name not in variants.entries:
        mark = None if variant else spec.tree.entries["default"].mark
        help = nearest(name, spec.variants) or f"there are {listing(spec.variants) or 'none'}"
        message = f"{spec.path} has no variant {name}"
        raise SpecError(Problem("unknown-variant", message, mark, f"variants.{name}", help=help))
    over = variants.entries[name]
    if isinstance(over, Fields):
        return merge(spec.tree, over, problems, top=SPEC_KEYS - {"variants", "archspec"})
    if not (isinstance(over, Leaf) and over.value is None):
        message = f"the variant {name} is a mapping of what it changes"
        problems.append(Problem("wrong-type", message, over.mark, f"variants.{name}"))
    return spec.tree


def packaged_specs() -> list[Path]:
    """The spec files that come with the package."""
    return sorted((*_specs().glob("*.yaml"), *_specs().glob("vit_pytorch/*.yaml")))


@cache
def packaged(name: str) -> tuple[Path, str | None] | None:
    """The file of a packaged spec, or of the spec that has a variant of this name; and the variant."""
    for file in packaged_specs():
        if name == file.relative_to(_specs()).with_suffix("").as_posix():
            return file, None
    for file in packaged_specs():
        if name in _open(file).variants:
            return file, name
    return None


def _specs() -> Path:
    """The folder of the packaged specs: inside an installed package, beside it in a checkout."""
    inside = Path(__file__).parents[1] / "specs"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "specs"


def _open(path: Path, extended_by: tuple[Path, ...] = ()) -> SpecFile:
    """Parse a file, and apply it to what it extends."""
    tree = document.parse(document.read(path))
    leaf = tree.entries.get("extends")
    if leaf is None:
        return SpecFile(tree, path)
    if not isinstance(leaf, Leaf) or not isinstance(leaf.value, str):
        raise SpecError(Problem("wrong-type", "extends takes file.yaml or file.yaml#variant", leaf.mark, "extends"))
    base = _base(path, leaf, leaf.value, (*extended_by, Path(os.path.realpath(path))))
    problems: list[Problem] = []
    own = [key for key, traits in DOCUMENT_KEYS.items() if not traits.inherited]
    merged = merge(without(base, own), without(tree, ("extends",)), problems, top=SPEC_KEYS)
    if problems:
        raise SpecError(problems)
    return SpecFile(merged, path)


def _base(path: Path, leaf: Leaf, target: str, chain: tuple[Path, ...]) -> Fields:
    """The tree that a file extends; `chain` are the files that extend each other so far, this one the last."""
    name, variant = split(target, path.parent)
    file = beside(path, name, leaf)
    if Path(os.path.realpath(file)) in chain or len(chain) > MOST_EXTENDS:
        circle = " → ".join(link.name for link in (*chain, file))
        raise SpecError(Problem("cycle", f"the files {circle} extend each other", leaf.mark, "extends"))
    try:
        return resolve(_open(file, chain), variant or None)
    except SpecError as error:
        note = f"in:   {path} (line {leaf.mark.line}), which extends it"
        raise SpecError([replace(p.at(leaf.mark), notes=(*p.notes, note)) for p in error.problems]) from None
