"""The house: who may import whom, what start-up must not cost, and how large things may grow."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from statistics import median

import networkx
import pytest

from tests.support import house
from tests.support.house import FILES, PACKAGE, ROOT

HEAVY = ("torch", "networkx", "graphviz", "rich", "wasmtime", "fontTools", "transformers", "timm")
"""What no verb that only reads and tells may import."""
TORCH = ("compiler/", "weights/", "training/", "ops/layers/", "ops/kernels/")
"""Where torch may be imported when a file is loaded."""

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())


@each_file
def test_imports_go_down_the_ladder(file: Path) -> None:
    rung = {room: place for place, rooms in enumerate(house.ladder()) for room in rooms}
    if file == PACKAGE / "__init__.py":
        return
    for item in house.imports(file):
        target = house.path_of(item.module)
        if target is None or target == PACKAGE / "__init__.py" or house.room(target) == house.room(file):
            continue
        assert rung[house.room(target)] < rung[house.room(file)], f"line {item.line} imports {item.module}"


@each_file
def test_a_room_is_entered_by_its_face(file: Path) -> None:
    for item in house.imports(file):
        target = house.path_of(item.module)
        if target is None or house.room(target) in (house.room(file), *house.FACELESS) or target.parent == PACKAGE:
            continue
        assert target.name == "__init__.py", f"line {item.line} imports {item.module}, a file behind a face"


@each_file
def test_torch_stays_where_modules_are_made(file: Path) -> None:
    place = file.relative_to(PACKAGE).as_posix()
    heavy = [item for item in house.imports(file) if item.module.partition(".")[0] in HEAVY]
    if not place.startswith(TORCH):
        assert not [item for item in heavy if item.early], "imports more than reading and telling needs"
    if place.startswith(("blocks/", "errors", "files", "language/")) and "probe" not in place:
        assert not heavy


def test_files_of_a_room_do_not_import_each_other_in_a_circle() -> None:
    graph: networkx.DiGraph[str] = networkx.DiGraph()
    for file in FILES:
        for item in house.imports(file):
            target = house.path_of(item.module)
            if item.early and target and target.name != "__init__.py":
                graph.add_edge(str(file), str(target))
    assert networkx.is_directed_acyclic_graph(graph), networkx.find_cycle(graph)


def test_few_floors_and_few_arrows_and_no_circle() -> None:
    graph = house.arrows()
    assert networkx.is_directed_acyclic_graph(graph)
    assert len(house.floors(graph)) <= house.MOST_FLOORS
    assert graph.number_of_edges() <= house.MOST_ARROWS
    assert set(graph) == {room for rooms in house.ladder() for room in rooms}


def test_the_map_names_every_room() -> None:
    rooms = set(re.findall(r"^\| `(\w+)", (PACKAGE / "README.md").read_text(encoding="utf-8"), re.MULTILINE))
    assert rooms == {room for rung in house.ladder() for room in rung}


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
    allowed: tuple[str, ...] = ("graphviz",) if "dot" in words else ("networkx",) if words[0] == "diff" else ()
    allowed += ("wasmtime", "fontTools") if words[0] == "render" else ()
    code = (
        f"import sys; from archspec.cli import main; code = main({words!r}); "
        f"bad = [name for name in {HEAVY!r} if name in sys.modules and name not in {allowed!r}]; "
        "sys.exit(f'imports {bad}' if bad else 3 if code not in (0, 1) else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_validating_loads_only_the_road() -> None:
    code = (
        "import sys; from archspec.cli import main; main(['validate', '-q', 'specs/cvt.yaml']); "
        "print(*{name.split('.')[1] for name in sys.modules if name.startswith('archspec.')})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert set(done.stdout.split()) == {"errors", "graph", "ops", "blocks", "language", "cli"}


def test_import_archspec_imports_nothing_of_weight() -> None:
    code = "import sys, archspec; sys.exit(str({'torch', 'pydantic', 'yaml'} & set(sys.modules) or '') or 0)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)


def test_public_names_are_there_and_are_what_they_say() -> None:
    import archspec

    for name in archspec.__all__:
        assert getattr(archspec, name).__name__ == name
    assert set(archspec.__all__) <= set(dir(archspec))
    with pytest.raises(AttributeError, match="no attribute"):
        _ = archspec.nothing


@each_file
def test_files_and_functions_stay_small(file: Path) -> None:
    assert house.lines(file) <= house.MOST_LINES
    too_long = [name for name, length in house.functions(file) if length > house.MOST_LINES_OF_FUNCTION]
    assert not too_long


def test_the_median_file_is_read_at_a_glance() -> None:
    assert median(map(house.lines, FILES)) <= house.MOST_MEDIAN


@each_file
def test_names_say_what_things_are(file: Path) -> None:
    assert not list(house.banned_names(file))


@pytest.mark.parametrize("file", sorted((ROOT / "tests").rglob("*.py")), ids=lambda file: file.stem)
def test_every_wait_of_a_test_has_an_end(file: Path) -> None:
    for node in ast.walk(house.tree_of(file)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = ast.unparse(node.func)
            ends = node.args[1:] or any(word.arg == "timeout" for word in node.keywords)
            assert ends or name not in ("subprocess.run", "urlopen", "request.urlopen"), f"line {node.lineno}: {name}"
            assert node.args or node.keywords or node.func.attr not in ("wait", "communicate"), f"line {node.lineno}"


def test_nothing_evaluates_text() -> None:
    for file in FILES:
        for node in ast.walk(house.tree_of(file)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec"), file
            if isinstance(node, ast.keyword) and node.arg == "weights_only":
                assert isinstance(node.value, ast.Constant)
                assert node.value.value is True, file
            if isinstance(node, ast.ImportFrom | ast.Import):
                assert "pickle" not in ast.unparse(node), file
