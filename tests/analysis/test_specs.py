"""Every variant of every spec: it loads, its budget is the known figure, and torch agrees with every number in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archspec.language import load, open_spec, packaged_specs
from tests.graph.test_laws import check_against_torch
from tests.support.origins import origin_of

ROOT = Path(__file__).parents[2]
VARIANTS = [
    pytest.param(path, variant, id=f"{path.relative_to(ROOT / 'specs').with_suffix('')}-{variant}")
    for path in packaged_specs()
    for variant in open_spec(path).variants or (None,)
]


@pytest.mark.parametrize(("path", "variant"), VARIANTS)
def test_torch_agrees_with_every_node_of_every_variant(path: Path, variant: str | None) -> None:
    """Shapes, parameters, buffers and MACs at every depth, on the meta device.

    torch's counter knows fused attention on that device; on the CPU it leaves its products out.
    """
    graph = load(path, variant)
    expect = origin_of(graph).spec["expect"]
    assert expect["params"] == graph.cost.params
    assert expect["macs"] == graph.cost.macs
    check_against_torch(graph)


@pytest.mark.parametrize("path", packaged_specs(), ids=lambda path: path.stem)
def test_a_packaged_spec_and_its_variants_are_found_by_name(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    name = path.relative_to(ROOT / "specs").with_suffix("").as_posix()
    assert open_spec(name).path == path
    found = open_spec(path)
    assert found.default is None or found.default in found.variants
    if path.parent.name == "specs" and found.default:
        assert open_spec(found.default).path == path


def test_variants_have_names_of_their_own() -> None:
    names = [variant for path in packaged_specs() for variant in open_spec(path).variants]
    assert len(names) == len(set(names))


def test_json_is_what_the_design_says() -> None:
    told = json.loads(json.dumps(__import__("archspec").report(load("cvt")).json()))
    assert {"spec", "name", "variant", "params", "macs", "inputs", "outputs", "nodes"} <= set(told)
    assert {"path", "block", "shape", "params", "macs", "line"} == set(told["nodes"][0])
    assert told["params"] == 19_997_480
    assert len(told["nodes"]) > 400
