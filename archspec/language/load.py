"""The road to the shaped graph: file → document → overlays → Spec → Graph → Graph, shaped and held to its budgets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from archspec.errors import SpecError
from archspec.graph import Graph, Origin, infer
from archspec.language.budget import check
from archspec.language.document import Fields, Leaf, plain
from archspec.language.find import SpecFile, open_spec, resolve
from archspec.language.shared import Shared
from archspec.language.spec import DOCUMENT_KEYS, Spec, validate
from archspec.language.wiring.wire import wire
from archspec.language.words import beside, collect


def load(
    path: str | Path,
    variant: str | None = None,
    overrides: Iterable[str] | dict[str, Any] | None = None,
    *,
    allow_python: bool = False,
) -> Graph:
    """The shaped graph of a spec: a file, `file.yaml#variant`, or the name of a packaged spec or variant.

    `overrides` are settings as `--set` takes them (`"graph.stage3.repeat=12"`), or a mapping of dotted paths to values.
    Raises SpecError with every problem of the first step that has any.
    """
    spec = open_spec(path)
    return graph_of(spec, variant or spec.variant, settings(overrides), allow_python=allow_python)


def settings(overrides: Iterable[str] | dict[str, Any] | None) -> list[str]:
    """Overrides as texts `path=value`."""
    if isinstance(overrides, dict):
        from archspec.language.document.write import inline  # texts, as the command gives them, need no writer

        return [f"{path}={inline(value)}" for path, value in overrides.items()]
    return list(overrides or ())


def graph_of(
    spec: SpecFile,
    variant: str | None = None,
    overrides: Iterable[str] = (),
    *,
    allow_python: bool = False,
    shared: Shared | None = None,
) -> Graph:
    """The shaped graph of one variant of a spec, with settings applied. Raises SpecError.

    Graphs that have something `shared`, such as the variants of a spec, are made faster, and may cost no more together
    than one alone.
    """
    shared = shared or Shared()
    tree = resolve(spec, variant, overrides)
    collected = collect(validate(tree), spec.path, allow_python=allow_python, known=shared.libraries)
    marked = collected.marked
    try:
        wired = wire(marked, collected.vocabulary, shared.effort)
        graph = infer(wired.graph, wired.defaults, shared.memory)
    except SpecError as error:
        raise collected.traced(error) from None
    check(marked.spec.expect, graph, tree, wired.params, wired.effort)
    variant = spec.default if variant is None else variant or None
    return replace(graph, origin=_origin(spec, variant, marked.spec, marked.tree, wired.params))


def _origin(file: SpecFile, variant: str | None, spec: Spec, tree: Fields, params: Any) -> Origin:
    """What is known about the spec of a graph; `tree` is its resolved document."""
    return Origin(
        name=spec.name,
        title=spec.title,
        source=spec.source,
        variant=variant,
        file=str(file.path),
        weights=str(_weights(tree)) if spec.weights else None,
        params=params,
        spec={key: plain(item) for key, item in tree.entries.items() if DOCUMENT_KEYS[key].hashed},
    )


def _weights(tree: Fields) -> Path:
    """The file of the renaming rules, beside the file that names it – which may be one that the spec extends."""
    leaf = tree.entries["weights"]
    assert isinstance(leaf, Leaf) and leaf.mark.source.path
    return beside(Path(leaf.mark.source.path), str(leaf.value), leaf)
