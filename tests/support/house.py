"""The structure of the package as its own text tells it: rooms, the imports between them, sizes, names."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import networkx

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "archspec"
FILES = sorted(PACKAGE.rglob("*.py"))

BANNED = frozenset({"found", "made", "given", "told", "said"})
"""Names that do not say what a thing is."""
MOST_LINES, MOST_LINES_OF_FUNCTION, MOST_MEDIAN = 350, 45, 80
MOST_FLOORS, MOST_ARROWS = 10, 45
FACELESS = frozenset({"ops", "blocks"})
"""Rooms whose files are the vocabulary: other rooms import the files themselves."""


@dataclass(frozen=True, slots=True)
class Import:
    """One import of a file of the package in another one; `early` where it happens when that one is loaded."""

    file: Path
    line: int
    module: str
    early: bool


def ladder() -> list[set[str]]:
    """The rooms from the ground up, as the map has them; those of one rung do not import each other."""
    text = (PACKAGE / "README.md").read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith("    errors"))
    return [{room.strip() for room in rung.split("·")} for rung in line.split("→")]


def room(file: Path) -> str:
    """The room in which a file lies: the folder below `archspec`, or the file itself."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def tree_of(file: Path) -> ast.Module:
    """A file's syntax tree."""
    return ast.parse(file.read_text(encoding="utf-8"))


def imports(file: Path) -> Iterator[Import]:
    """Every import of a file, those that only type checkers see left out."""
    tree = tree_of(file)
    hidden = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    early = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [alias.name for alias in node.names]
            modules = [node.module if _is_exported(node.module, name) else f"{node.module}.{name}" for name in names]
        else:
            continue
        yield from (Import(file, node.lineno, module, id(node) in early) for module in dict.fromkeys(modules))


def path_of(module: str) -> Path | None:
    """The file of a module of the package; None for a module of others."""
    if module.partition(".")[0] != "archspec":
        return None
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _is_exported(module: str, name: str) -> bool:
    """Whether a name is one that a module hands out, and not a file in its folder."""
    path = path_of(module)
    if path is None or path.name != "__init__.py":
        return True
    exports = next(
        (
            ast.literal_eval(node.value)
            for node in tree_of(path).body
            if isinstance(node, ast.Assign) and _sets_all(node)
        ),
        (),
    )
    inner = path_of(f"{module}.{name}")
    return name in exports or inner is None or not inner.exists()


def _sets_all(node: ast.Assign) -> bool:
    return ast.unparse(node.targets[0]) == "__all__"


def arrows() -> networkx.DiGraph[str]:
    """The rooms as a graph: an arrow runs from a room to one that it imports, at any time."""
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    graph.add_nodes_from(room(file) for file in FILES if file.parent != PACKAGE or file.name != "__init__.py")
    for file in FILES:
        for item in imports(file):
            target = path_of(item.module)
            if target is None or PACKAGE / "__init__.py" in (file, target) or room(target) == room(file):
                continue
            graph.add_edge(room(file), room(target))
    return graph


def floors(graph: networkx.DiGraph[str]) -> list[list[str]]:
    """Rooms by floor: each stands above all that it imports. Needs a graph without circles."""
    return [sorted(level) for level in networkx.topological_generations(graph.reverse())]


def functions(file: Path) -> Iterator[tuple[str, int]]:
    """The functions of a file, with their lengths in lines."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno
            yield f"{file.relative_to(ROOT)}:{node.lineno} {node.name}", node.end_lineno - node.lineno + 1


def banned_names(file: Path) -> Iterator[str]:
    """The places where a file calls something by a name that does not say what it is."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in BANNED:
            yield f"{file.relative_to(ROOT)}:{node.lineno}: {node.id}"


def lines(file: Path) -> int:
    """The length of a file."""
    return len(file.read_text(encoding="utf-8").splitlines())
