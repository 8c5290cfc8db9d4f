"""The house: who may import whom, what start-up must not cost, and how large things may grow."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "archspec"
FILES = sorted(PACKAGE.rglob("*.py"))

LADDER = """
    errors files graph ops blocks language analysis diagrams compiler weights training integrations serve cli
""".split()
"""A file imports only from those that stand before it; files of one folder may import each other."""

HEAVY = ("torch", "networkx", "graphviz", "rich", "wasmtime", "fontTools", "transformers", "timm")
"""What no verb that only reads and tells may import."""


def home(file: Path) -> str:
    """The file's step on the ladder: its own name, or that of its folder."""
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(file: Path, *, everywhere: bool = False) -> Iterator[str]:
    """Modules that a file imports when it is loaded, those for type checkers left out."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    nodes: Iterator[ast.AST] = iter(ast.walk(tree)) if everywhere else iter(tree.body)
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "archspec":
                yield from (f"archspec.{alias.name}" for alias in node.names)
            else:
                yield node.module


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_imports_go_down_the_ladder(file: Path) -> None:
    if file == PACKAGE / "__init__.py":
        return
    assert home(file) in LADDER
    for module in imports(file):
        if module.startswith("archspec.") and module != "archspec.__version__":
            step = module.split(".")[1]
            assert step == home(file) or LADDER.index(step) < LADDER.index(home(file)), f"{file.name} imports {module}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_blocks_never_want_torch(file: Path) -> None:
    if home(file) in ("errors", "files", "graph", "blocks", "language"):
        for module in imports(file, everywhere=home(file) == "blocks"):
            assert module.partition(".")[0] not in HEAVY, f"{file.name} imports {module}"


LIGHT = (
    ["validate", "specs/cvt.yaml"],
    ["summary", "specs/cvt.yaml", "--json"],
    ["blocks"],
    ["blocks", "conv_attention"],
    ["specs"],
    ["render", "specs/cvt.yaml", "-o", "{tmp}/cvt.svg"],
    ["render", "specs/cvt.yaml", "--format", "dot", "-o", "{tmp}/cvt.dot"],
    ["explain", "specs/cvt.yaml", "graph.stage3.depth"],
    ["diff", "specs/cvt.yaml#cvt_13", "specs/cvt.yaml#cvt_21"],
    ["schema"],
    ["sweep", "specs/cvt.yaml", "--set", "params.classes=10,20"],
)


@pytest.mark.parametrize("words", LIGHT, ids=lambda words: " ".join(words[:2]))
def test_telling_never_imports_torch(words: list[str], tmp_path: Path) -> None:
    words = [word.replace("{tmp}", str(tmp_path)) for word in words]
    allowed = ("graphviz",) if "dot" in words else ("networkx",) if words[0] == "diff" else ()
    allowed += ("wasmtime", "fontTools") if words[0] == "render" else ()
    code = (
        f"import sys; from archspec.cli import main; code = main({words!r}); "
        f"bad = [name for name in {HEAVY!r} if name in sys.modules and name not in {allowed!r}]; "
        "sys.exit(f'imports {bad}' if bad else 3 if code not in (0, 1) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_import_archspec_imports_nothing_of_weight() -> None:
    code = "import sys, archspec; sys.exit(str({'torch', 'pydantic', 'yaml'} & set(sys.modules) or '') or 0)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_public_names_are_there_and_are_what_they_say() -> None:
    import archspec

    for name in archspec.__all__:
        assert getattr(archspec, name).__name__ == name
    assert set(archspec.__all__) <= set(dir(archspec))
    with pytest.raises(AttributeError, match="no attribute"):
        _ = archspec.nothing


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_files_and_functions_stay_small(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= (900 if file.parent.name == "layers" else 600)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            assert node.end_lineno
            assert node.end_lineno - node.lineno < 60, f"{node.name} has more than 60 lines"


def test_nothing_evaluates_text() -> None:
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec"), file
            if isinstance(node, ast.keyword) and node.arg == "weights_only":
                assert isinstance(node.value, ast.Constant)
                assert node.value.value is True, file
            if isinstance(node, ast.ImportFrom | ast.Import):
                assert "pickle" not in ast.unparse(node), file
