"""Pydantic's errors as problems: one sentence each, in the words of the spec, at the place in the text."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ValidationError

from archspec.errors import MOST_PROBLEMS, Mark, Problem, listing, nearest, similar
from archspec.language.document import Fields, Items, Leaf, Tree
from archspec.language.spec.annotation import LARGEST, Path, annotations_at, keys_at, wanted, wanted_at
from archspec.language.spec.docstrings import docstring_of
from archspec.language.spec.show import show


def complaints(
    error: ValidationError,
    model: type[BaseModel],
    tree: Tree,
    owner: str,
    *,
    missing: bool = True,
    also: Sequence[str] = (),
) -> list[Problem]:
    """A problem for each place that Pydantic rejects; `owner` is what the tree configures: a spec, or a block's word.

    With `missing=False` absent keys are not reported. `also` are keys that stand beside the model's own, and that an
    unknown one may be a misspelling of.
    """
    faults: dict[tuple[Path, str, str | None], Problem] = {}
    for item in error.errors(include_url=False, include_input=False, include_context=False)[: 4 * MOST_PROBLEMS]:
        if item["type"] == "missing" and not missing:
            continue
        path, rest = _follow(tree, item["loc"])
        problem = _problem(item["type"], path, rest, model, tree, owner, also)
        faults.setdefault((path, problem.code, problem.key), problem)
    paths = [path for path, *_ in faults]
    unknown = [path for path, code, _ in faults if code == "unknown-key"]
    return [
        problem
        for (path, _, _), problem in faults.items()
        if not (_is_misspelt(path, problem, unknown, model) or _is_outer_branch(path, problem, paths))
    ]


def _is_misspelt(path: Path, problem: Problem, unknown: list[Path], model: type[BaseModel]) -> bool:
    """Whether a missing key is there under a misspelt name, which is a problem of its own."""
    if problem.code != "missing-key":
        return False
    beside = [str(other[-1]) for other in unknown if other[:-1] == path]
    return any(problem.key in similar(key, keys_at(model, path)) for key in beside)


def _is_outer_branch(path: Path, problem: Problem, paths: list[Path]) -> bool:
    """Whether another branch of the same union failed further in, which says more than that this one failed."""
    if problem.code in ("missing-key", "unknown-key"):
        return False
    return any(len(other) > len(path) and other[: len(path)] == path for other in paths)


def _follow(tree: Tree, loc: tuple[int | str, ...]) -> tuple[Path, tuple[int | str, ...]]:
    """Pydantic's location in two parts: the path in the tree, and what follows it; branches of unions are dropped."""
    path: list[str | int] = []
    behind: list[int | str] = []
    for part in loc:
        if isinstance(tree, Fields) and part in tree.entries:
            tree, behind = tree.entries[str(part)], []
            path.append(part)
        elif isinstance(tree, Items) and isinstance(part, int) and part < len(tree.items):
            tree, behind = tree.items[part], []
            path.append(part)
        else:
            behind.append(part)
    return tuple(path), tuple(behind)


def _problem(
    kind: str, path: Path, rest: Path, model: type[BaseModel], tree: Tree, owner: str, also: Sequence[str]
) -> Problem:
    """The problem for one of Pydantic's errors: `path` is the part of its location that the tree has, `rest` is not."""
    dotted = ".".join(map(str, path))
    if kind == "missing" and not isinstance(rest[-1], int):
        key = str(rest[-1])
        message, help = f"{dotted or owner} needs the key {key}", _help_of(model, (*path, key))
        return Problem("missing-key", message, _at(tree, path).mark, dotted, help=help, key=key)
    if kind == "extra_forbidden":
        key, known = str(path[-1]), keys_at(model, path[:-1])
        message = f"{'.'.join(map(str, path[:-1])) or owner} has no key {key}"
        help = nearest(key, [*known, *(also if len(path) == 1 else ())]) or f"its keys are {listing(known, 30)}"
        return Problem("unknown-key", message, _key_mark(tree, path), dotted, help=help, key=key)
    if "[key]" in rest:
        message = f"{path[-1]} is no name: letters, digits and _, a letter first"
        return Problem("name", message, _key_mark(tree, path), dotted)
    value = _at(tree, path)
    wants = _less_its_own(wanted_at(model, path), value)
    if kind == "less_than_equal" and "at most" not in wants:
        wants += f" and of at most {LARGEST:,}"
    message = f"{dotted or owner} takes {wants}, got {show(value)}"
    return Problem("wrong-type", message, value.mark, dotted, help=_hint(value))


def _less_its_own(wants: str, value: Tree) -> str:
    """What is wanted instead of a text: where any text would do, another branch of a union is meant."""
    if isinstance(value, Leaf) and isinstance(value.value, str) and wants.endswith(" or a text"):
        return wants.removesuffix(" or a text")
    return wants


def _help_of(model: type[BaseModel], path: Path) -> str | None:
    """What a missing key takes, and the first line of its docstring."""
    for annotation, owner in annotations_at(model, path):
        doc = (docstring_of(owner, str(path[-1])) if owner else None) or ""
        summary = doc.partition("\n")[0]
        return f"{path[-1]} takes {wanted(annotation)}" + (f": {summary}" if summary else "")
    return None


def _hint(value: Tree) -> str | None:
    """Help for two habits of other YAML: quoted numbers, and words that YAML 1.1 takes for booleans."""
    if isinstance(value, Leaf) and not value.plain and isinstance(value.value, str) and value.value[:1].isdigit():
        return "take the quotes off a number"
    if isinstance(value, Leaf) and value.value in ("on", "yes", "off", "no"):
        return "true and false are the words for it"
    return None


def _at(tree: Tree, path: Path) -> Tree:
    for part in path:
        tree = tree.entries[str(part)] if isinstance(tree, Fields) else tree.items[int(part)]  # type: ignore[union-attr]
    return tree


def _key_mark(tree: Tree, path: Path) -> Mark:
    parent = _at(tree, path[:-1])
    return parent.keys[str(path[-1])] if isinstance(parent, Fields) else _at(tree, path).mark
