"""A sweep enumerates what could be built, and tells why the rest could not."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.analysis.plot import scatter
from archspec.analysis.sweep import axes_of, front, sweep
from archspec.cli import main
from archspec.errors import SpecError
from archspec.language import activations, load

GRID = {"params.dim": [64, 96, 100], "params.heads": [2, 3], "params.depth": [1, 2]}
AXES = [
    ("a=8..10", ["8", "9", "10"]),
    ("a=8..16..4", ["8", "12", "16"]),
    ("a=3..1..-1", ["3", "2", "1"]),
    ("a=1,2", ["1", "2"]),
    ("a=[1, 2],[3]", ["[1, 2]", "[3]"]),
    ("a={block: x, k: 3},gelu", ["{block: x, k: 3}", "gelu"]),
    ("a='x,y',z", ["'x,y'", "z"]),
    ("a=1..2,5", ["1", "2", "5"]),
    ("a=-2..0", ["-2", "-1", "0"]),
]


@pytest.mark.parametrize(("text", "values"), AXES, ids=[text for text, _ in AXES])
def test_axis_texts(text: str, values: list[str]) -> None:
    (axis,) = axes_of([text])
    assert (axis.path, list(axis.values)) == ("a", values)


@pytest.mark.parametrize("text", ["a", "a=", "a=1,", "a=1..0", "a=0..9..0", "a=0..999999999999", "=1,,2"])
def test_axis_without_values_is_a_usage_fault(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        list(axes_of([text]))
    assert [problem.code for problem in caught.value.problems] == ["usage-sweep"] and caught.value.problems[0].mark


def test_every_point_costs_what_it_costs_alone() -> None:
    found = sweep("vit_tiny_patch16_224", GRID)
    combinations = list(product(*GRID.values()))
    assert [tuple(point.settings.values()) for point in found.points] == combinations
    for point in found.points:
        texts = [f"{path}={value}" for path, value in point.settings.items()]
        if point.kept:
            graph = load("vit_tiny_patch16_224", overrides=texts)
            assert (point.cost["params"], point.cost["macs"]) == (graph.cost.params, graph.cost.macs)
            assert point.cost["activations"] == activations(graph)
        else:
            with pytest.raises(SpecError, match="does not divide"):
                load("vit_tiny_patch16_224", overrides=texts)
            assert "does not divide" in (point.reason or "")
    assert sum(not point.kept for point in found.points) == 4


def test_where_keeps_what_it_says() -> None:
    found = sweep("vit_tiny_patch16_224", GRID, "params <= 1e6 and dim / heads < 48 and depth == 1")
    assert [point.settings["params.dim"] for point in found.kept] == [64, 96]
    assert {point.reason for point in found.points if not point.kept} >= {"outside of where"}


@pytest.mark.parametrize(
    "where", ["parms < 3", "params", "__import__('os')", "params <", "9**9**9 > params", "1 / 0 > 2"]
)
def test_where_that_says_nothing_is_a_usage_fault(where: str) -> None:
    with pytest.raises(SpecError) as caught:
        sweep("vit_tiny_patch16_224", {"params.depth": [1]}, where)
    (problem,) = caught.value.problems
    assert problem.mark and problem.mark.source.name == "--where"


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12))
def test_the_front_is_what_no_other_point_beats(costs: list[tuple[int, int]]) -> None:
    def beaten(a: tuple[int, int]) -> bool:
        return any(b != a and b[0] <= a[0] and b[1] <= a[1] for b in costs)

    assert front(costs) == [not beaten(cost) for cost in costs]


@pytest.mark.parametrize("near", [True, False])
def test_each_point_becomes_a_spec_that_keeps_its_promise(near: bool, tmp_path: Path) -> None:
    spec = tmp_path / "base.yaml"
    spec.write_text(Path("specs/vit.yaml").read_text())
    folder = tmp_path / "points" if near else tmp_path / "far" / "away"
    found = sweep(spec, GRID, variant="vit_small_patch16_224")
    files = found.write(folder)
    assert len(files) == len(found.kept) == 8
    for file, point in zip(files, found.kept, strict=True):
        graph = load(file)  # holds itself to its own `expect`
        assert graph.cost.macs == point.cost["macs"]
        assert ("../base.yaml#vit_small_patch16_224" in file.read_text()) == near


def test_forms(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    line = ["sweep", "vit_tiny_patch16_224", "--set", "params.dim=64,96,100", "--set", "params.heads=2,3"]
    assert main([*line, "--svg", str(tmp_path / "x.svg"), "-o", str(tmp_path / "points")]) == 0
    out = capsys.readouterr().out
    assert "★" in out and "2 cannot exist [divisible], such as dim=64, heads=3:" in out
    picture = ElementTree.fromstring((tmp_path / "x.svg").read_text())
    assert len(picture.findall("{*}circle")) == 4 and len(list((tmp_path / "points").iterdir())) == 5
    assert main([*line, "--json"]) == 0
    points = json.loads(capsys.readouterr().out)["points"]
    assert [point["kept"] for point in points] == [True, False, True, True, True, False]
    assert main([*line, "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["kept"] for row in rows] == ["1", "0", "1", "1", "1", "0"] and rows[0]["dim"] == "64"
    assert main([*line, "--where", "params < 0"]) == 1


def test_a_plot_of_nothing_and_of_one_point_is_a_plot() -> None:
    for where in ("params < 0", "params > 0"):
        ElementTree.fromstring(scatter(sweep("vit_tiny_patch16_224", {"params.depth": [1]}, where)))


def test_too_many_points_are_refused_at_once() -> None:
    with pytest.raises(SpecError, match="more than"):
        sweep("cvt_13", ["params.classes=1..1000", "params.image=1..1000"])


@pytest.mark.parametrize("verb", [["explain", "cvt_13", "params.dims"], ["diff", "cvt_13", "cvt_21"],
                                  ["sweep", "cvt_13", "--set", "params.classes=1,2"], ["schema"]])  # fmt: skip
def test_these_verbs_never_import_torch(verb: list[str]) -> None:
    code = f"import sys; from archspec.cli import main; main({verb!r}); sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
