"""The road to the shaped graph: file → document → overlays → Spec → Graph → Graph, shaped and held to its budgets."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from archspec.errors import Problem, SpecError, listing, nearest
from archspec.graph.infer import Memory, infer
from archspec.graph.node import Graph, Origin
from archspec.language import document, overlay
from archspec.language.budget import check
from archspec.language.document import Fields, Leaf
from archspec.language.spec.model import TOP, validate
from archspec.language.wiring.wire import wire
from archspec.language.words.use import beside, collect

_OWN = ("variants", "default", "extends", "expect")  # keys of a document that what extends it does not inherit
_ELSEWHERE = ("variants", "default", "weights")
MOST_EXTENDS = 20


@dataclass(frozen=True, slots=True, eq=False)
class SpecFile:
    """A spec's tree with what it extends laid under it, its file, and the variant that its name asked for."""

    tree: Fields
    path: Path
    variant: str | None = None

    @property
    def variants(self) -> tuple[str, ...]:
        """The names of the variants, in the order of the file."""
        found = self.tree.entries.get("variants")
        return tuple(found.entries) if isinstance(found, Fields) else ()

    @property
    def default(self) -> str | None:
        """The variant that is built when none is named."""
        found = self.tree.entries.get("default")
        return found.value if isinstance(found, Leaf) and isinstance(found.value, str) else None


def load(
    path: str | Path,
    variant: str | None = None,
    overrides: Iterable[str] | dict[str, Any] | None = None,
    *,
    allow_python: bool = False,
) -> Graph:
    """The shaped graph of a spec: a file, `file.yaml#variant`, or the name of a packaged spec or variant.

    `overrides` are settings as `--set` takes them (`"graph.stage3.repeat=12"`), or a mapping of dotted paths to values.
    Raises SpecError with every problem of the step that found any.
    """
    found = open_spec(path)
    return graph_of(found, variant or found.variant, settings(overrides), allow_python=allow_python)


def settings(overrides: Iterable[str] | dict[str, Any] | None) -> list[str]:
    """Overrides as texts `path=value`."""
    if isinstance(overrides, dict):
        return [f"{path}={document.inline(value)}" for path, value in overrides.items()]
    return list(overrides or ())


def open_spec(path: str | Path) -> SpecFile:
    """Read a spec and all that it extends."""
    text, _, variant = str(path).partition("#")
    if not text.endswith((".yaml", ".yml")) and not os.path.exists(text):
        named = packaged(text)
        if named:
            return replace(_open(named[0]), variant=variant or named[1])
        if "/" not in text and "." not in text:
            names = [name for file in packaged_specs() for name in (file.stem, *_open(file).variants)]
            message = f"there is no file {text}, and no packaged spec or variant is called so"
            raise SpecError(
                Problem("file-missing", message, help=nearest(text, names) or "`archspec specs` lists them")
            )
    return replace(_open(Path(text)), variant=variant or None)


def graph_of(
    found: SpecFile,
    variant: str | None = None,
    overrides: Iterable[str] = (),
    *,
    allow_python: bool = False,
    memory: Memory | None = None,
) -> Graph:
    """The shaped graph of one variant of a document, with settings on top; graphs that share a `memory` come faster."""
    tree = resolve(found, variant, overrides)
    collected = collect(validate(tree), found.path, allow_python=allow_python)
    marked = collected.marked
    try:
        graph, defaults, params = wire(marked, collected.vocabulary)
        graph = infer(graph, defaults, memory)
    except SpecError as error:
        raise collected.traced(error) from None
    check(marked.spec.expect, graph, tree, params)
    spec = {key: value for key, value in document.plain(marked.tree).items() if key not in _ELSEWHERE}
    origin = Origin(
        name=marked.spec.name,
        title=marked.spec.title,
        source=marked.spec.source,
        variant=variant or (found.default if variant is None else None),
        file=str(found.path),
        weights=str(_beside(tree, "weights")) if marked.spec.weights else None,
        params=params,
        spec=spec,
    )
    return replace(graph, origin=origin)


def resolve(found: SpecFile, variant: str | None = None, overrides: Iterable[str] = ()) -> Fields:
    """The document's tree with the variant (by default its own default) and the settings laid on it."""
    tree = found.tree
    name = variant or found.default
    problems: list[Problem] = []
    if name is not None:
        given = tree.entries.get("variants")
        if not isinstance(given, Fields) or name not in given.entries:
            mark = None if variant else tree.entries["default"].mark
            near = nearest(name, found.variants) or f"there are {listing(found.variants) or 'none'}"
            message = f"{found.path} has no variant {name}"
            raise SpecError(Problem("unknown-variant", message, mark, f"variants.{name}", help=near))
        over = given.entries[name]
        if isinstance(over, Fields):
            tree = overlay.merge(tree, over, problems, top=TOP - {"variants", "archspec"})
        elif not (isinstance(over, Leaf) and over.value is None):
            message = f"the variant {name} is a mapping of what it changes"
            problems.append(Problem("wrong-type", message, over.mark, f"variants.{name}"))
    for setting in overrides:
        tree = overlay.merge(tree, overlay.overlay_of(setting), problems, top=TOP)
        tree = _without(tree, ("expect",))  # a budget of the file says nothing about an edited spec
    if problems:
        raise SpecError(problems)
    return tree


def packaged_specs() -> list[Path]:
    """The spec files that come with the package."""
    return sorted((*_specs().glob("*.yaml"), *_specs().glob("vit_pytorch/*.yaml")))


@cache
def packaged(name: str) -> tuple[Path, str | None] | None:
    """The file of a packaged spec, or of the spec that has a variant of this name."""
    for file in packaged_specs():
        if name == file.relative_to(_specs()).with_suffix("").as_posix():
            return file, None
    for file in packaged_specs():
        if name in _open(file).variants:
            return file, name
    return None


def _specs() -> Path:
    """In an installed package the specs lie inside it, in a checkout beside it."""
    inside = Path(__file__).parents[1] / "specs"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "specs"


def _open(path: Path, extended_by: tuple[Path, ...] = ()) -> SpecFile:
    """Parse a file, and lay it on what it extends."""
    source = document.read(path)
    tree = document.parse(source)
    leaf = tree.entries.get("extends")
    if leaf is None:
        return SpecFile(tree, path)
    if not isinstance(leaf, Leaf) or not isinstance(leaf.value, str):
        raise SpecError(Problem("wrong-type", "extends takes file.yaml or file.yaml#variant", leaf.mark, "extends"))
    here = (*extended_by, Path(os.path.realpath(path)))
    target, _, variant = leaf.value.partition("#")
    base_path = beside(path, target, leaf)
    if Path(os.path.realpath(base_path)) in here or len(here) > MOST_EXTENDS:
        chain = " → ".join(file.name for file in (*here, base_path))
        raise SpecError(Problem("cycle", f"the files {chain} extend each other", leaf.mark, "extends"))
    try:
        base = _open(base_path, here)
        lower = resolve(base, variant or None)
    except SpecError as error:
        note = f"in:   {path} (line {leaf.mark.line}), which extends it"
        raise SpecError([replace(p.at(leaf.mark), notes=(*p.notes, note)) for p in error.problems]) from None
    problems: list[Problem] = []
    merged = overlay.merge(_without(lower, _OWN), _without(tree, ("extends",)), problems, top=TOP)
    if problems:
        raise SpecError(problems)
    return SpecFile(merged, path)


def _beside(tree: Fields, key: str) -> Path:
    leaf = tree.entries[key]
    assert isinstance(leaf, Leaf) and leaf.mark.source.path
    return beside(Path(leaf.mark.source.path), str(leaf.value), leaf)


def _without(tree: Fields, names: Iterable[str]) -> Fields:
    gone = set(names)
    return replace(
        tree,
        entries={key: item for key, item in tree.entries.items() if key not in gone},
        keys={key: mark for key, mark in tree.keys.items() if key not in gone},
    )
