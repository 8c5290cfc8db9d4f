"""Pydantic's errors as problems: one sentence each, in the words of the spec, at the place in the text."""

from __future__ import annotations

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from archspec.errors import MOST_PROBLEMS, Mark, Problem, listing, nearest
from archspec.language.document import Fields, Items, Leaf, Tree
from archspec.language.spec.docstrings import docstring_of

Path = tuple[str | int, ...]
Owner = type[BaseModel] | None

LARGEST = 2**31  # the bound of every size; said only to those who pass it


def complaints(
    error: ValidationError, model: type[BaseModel], tree: Tree, owner: str, *, missing: bool = True
) -> list[Problem]:
    """A problem for each place that Pydantic rejects; `owner` is what the tree configures: a spec, or a block's word.

    Keys that are not there are passed over where `missing` is false.
    """
    wrong: dict[Path, Problem] = {}
    for item in error.errors(include_url=False, include_input=False, include_context=False)[: 4 * MOST_PROBLEMS]:
        if item["type"] == "missing" and not missing:
            continue
        path, rest = _follow(tree, item["loc"])
        problem = _problem(item["type"], path, rest, model, tree, owner)
        wrong.setdefault((*path, problem.code, rest[-1] if problem.code == "missing-key" else ""), problem)
    misspelt = {problem.help for problem in wrong.values() if problem.code == "unknown-key"}
    return [
        problem
        for path, problem in wrong.items()
        if not _hidden(path[:-2], problem, wrong) and nearest(str(path[-1]), [str(path[-1])]) not in misspelt
    ]


def _hidden(path: Path, problem: Problem, wrong: dict[Path, Problem]) -> bool:
    """A branch of a union that fails as a whole says less than one that fails further in."""
    if problem.code in ("missing-key", "unknown-key"):
        return False
    return any(other[: len(path)] == path and len(other) - 2 > len(path) for other in wrong)


def _follow(tree: Tree, loc: tuple[int | str, ...]) -> tuple[Path, tuple[int | str, ...]]:
    """As much of Pydantic's location as is in the tree – it also names branches of unions – and what is behind that."""
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
    kind: str, path: Path, rest: tuple[int | str, ...], model: type[BaseModel], tree: Tree, owner: str
) -> Problem:
    dotted = ".".join(map(str, path))
    if kind == "missing":
        needs = f"{dotted or owner} needs the key {rest[-1]}"
        return Problem("missing-key", needs, _at(tree, path).mark, dotted, help=_told(model, (*path, rest[-1])))
    if kind == "extra_forbidden":
        known = _keys(model, path[:-1])
        near = nearest(str(path[-1]), known) or f"its keys are {listing(known, 30)}"
        return Problem(
            "unknown-key", f"{_owner(path, owner)} has no key {path[-1]}", _key_mark(tree, path), dotted, help=near
        )
    if "[key]" in rest:
        return Problem(
            "name", f"{path[-1]} is no name: letters, digits and _, a letter first", _key_mark(tree, path), dotted
        )
    found = _at(tree, path)
    wants = _wants(model, path)
    if kind == "less_than_equal" and "at most" not in wants:
        wants += f" and of at most {LARGEST:,}"
    help = _hint(found)
    return Problem("wrong-type", f"{dotted or owner} takes {wants}, got {show(found)}", found.mark, dotted, help=help)


def _owner(path: Path, owner: str) -> str:
    return ".".join(map(str, path[:-1])) or owner


def _hint(found: Tree) -> str | None:
    if isinstance(found, Leaf) and not found.plain and isinstance(found.value, str) and found.value[:1].isdigit():
        return "take the quotes off a number"
    if isinstance(found, Leaf) and found.value in ("on", "yes", "off", "no"):
        return "true and false are the words for it"
    return None


def show(found: Tree | Any) -> str:
    """A value as the message quotes it."""
    if isinstance(found, Fields):
        return f"a mapping with {listing(found.entries, 6)}" if found.entries else "an empty mapping"
    if isinstance(found, Items):
        return f"a list of {len(found.items)}"
    value = found.value if isinstance(found, Leaf) else found
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _at(tree: Tree, path: Path) -> Tree:
    for part in path:
        tree = tree.entries[str(part)] if isinstance(tree, Fields) else tree.items[int(part)]  # type: ignore[union-attr]
    return tree


def _key_mark(tree: Tree, path: Path) -> Mark:
    parent = _at(tree, path[:-1])
    return parent.keys[str(path[-1])] if isinstance(parent, Fields) else _at(tree, path).mark


def _fields(model: type[BaseModel], path: Path) -> Iterator[tuple[Any, Owner]]:
    """The annotations that may stand at a path, each with the model whose field it is."""
    kinds: list[tuple[Any, Owner]] = [(model, None)]
    for part in path:
        kinds = [step for kind, _ in kinds for step in _step(kind, part)]
    yield from kinds


def _step(kind: Any, part: str | int) -> Iterator[tuple[Any, Owner]]:
    for option in _options(kind):
        origin, arguments = get_origin(option), get_args(option)
        if isinstance(option, type) and issubclass(option, BaseModel):
            for name, field in option.model_fields.items():
                if part in (name, field.alias):
                    yield Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation, option
        elif origin is dict:
            yield arguments[1], None
        elif origin is tuple:
            if arguments[-1] is ...:
                yield arguments[0], None
            elif isinstance(part, int) and part < len(arguments):
                yield arguments[part], None


def _options(kind: Any) -> Iterator[Any]:
    """The branches of a union, annotations taken off."""
    if get_origin(kind) is Annotated:
        yield from _options(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for argument in get_args(kind):
            yield from _options(argument)
    else:
        yield kind


def _keys(model: type[BaseModel], path: Path) -> list[str]:
    found = []
    for kind, _ in _fields(model, path):
        for option in _options(kind):
            if isinstance(option, type) and issubclass(option, BaseModel):
                found += [field.alias or name for name, field in option.model_fields.items()]
    return found


def _told(model: type[BaseModel], path: tuple[Any, ...]) -> str | None:
    """What the docstring of a field says, for the author who forgot it."""
    for kind, owner in _fields(model, path):
        name = str(path[-1])
        said = ((docstring_of(owner, name) if owner else None) or "").partition("\n")[0]
        return f"{name} takes {wanted(kind)}" + (f": {said}" if said else "")
    return None


def _wants(model: type[BaseModel], path: Path) -> str:
    kinds = [wanted(kind) for kind, _ in _fields(model, path)]
    return " or ".join(dict.fromkeys(kinds)) or "something else"


def wanted(kind: Any, bounds: tuple[Any, ...] = ()) -> str:
    """What an annotation takes, as a sentence says it: `a whole number of at least 1`."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return wanted(arguments[0], bounds + arguments[1:])
    if origin in (Union, UnionType):
        parts = [wanted(argument, bounds if argument is not NoneType else ()) for argument in arguments]
        return " or ".join(dict.fromkeys(part for part in parts if part))
    if origin is Literal:
        words = [show(argument).strip("'") for argument in arguments]
        return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
    if origin is tuple:
        if arguments[-1] is ...:
            return f"a list, each {wanted(arguments[0])}"
        return f"a list of {len(arguments)}, each {wanted(arguments[0])}"
    if origin is dict or kind is dict:
        return "a mapping"
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "a block" if hasattr(kind, "word") else "a mapping"
    names = {int: "a whole number", float: "a number", bool: "true or false", str: "a text", NoneType: "null"}
    limits = dict(_limits(bounds))
    if kind is str and limits.get("pattern") == r"^\$":
        return ""  # an expression goes without saying
    return names.get(kind, "a value") + (_range(limits) if kind in (int, float) else _form(limits))


def _limits(bounds: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    for bound in bounds:
        for part in (bound, *getattr(bound, "metadata", ())):
            for name in ("ge", "gt", "le", "lt", "pattern", "max_length"):
                if getattr(part, name, None) is not None:
                    yield name, getattr(part, name)


def _range(limits: dict[str, Any]) -> str:
    texts = {"ge": "of at least {}", "gt": "above {}", "le": "of at most {}", "lt": "below {}"}
    said = [text.format(f"{limits[name]:,}") for name, text in texts.items() if limits.get(name, LARGEST) != LARGEST]
    return f" {' and '.join(said)}" if said else ""


def _form(limits: dict[str, Any]) -> str:
    if "pattern" in limits:
        return f" of the form {limits['pattern'].strip('^$')}"
    return f" of at most {limits['max_length']} characters" if "max_length" in limits else ""
