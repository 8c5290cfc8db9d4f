"""Blocks written in YAML: typed and documented parameters, graphs of their own, nested and repeated; their faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archspec.errors import SpecError
from archspec.language.explain import explain
from archspec.language.load import load
from tests.graph.test_laws import check_against_torch

SPEC = """
archspec: 1
name: own
inputs: {x: {tokens: 6, dim: 8}}
blocks:
  step:
    doc: A linear map with a skip.
    params: {%s}
    graph:
      map: {block: linear, features: $width, from: x}
      act: {block: activation, kind: gelu}
      sum: {block: add, from: [x, act]}
  steps:
    params: {depth: int}
    graph:
      all: {block: step, repeat: $depth, width: 8}
graph:
  one: {block: step, %s}
  more: {block: steps, depth: 3}
outputs: {y: more}
"""


def spec(folder: Path, params: str = "width: int", given: str = "width: 8") -> Path:
    (folder / "x.yaml").write_text(SPEC % (params, given))
    return folder / "x.yaml"


PARAMS = [
    ("width: int", "width: 8", 8),
    ("width: 8", "doc: x", 8),
    ("width: {type: int}", "width: 8", 8),
    ("width: {type: int, default: 8}", "doc: x", 8),
    ("width: {default: 8, doc: Channels.}", "doc: x", 8),
    ("width: {type: int, default: 4}", "width: 8", 8),
    ("width: 8, list: [1, 2], rate: {type: float, default: 0.5}", "list: [3], rate: 1.0", 8),
    ("width: 8, on: {type: bool, default: false}, inner: {type: slot}", "on: true, inner: mlp", 8),
    ("width: 8, spec: 1, tree: 2, mark: 3, bodies: 4", "spec: 5", 8),
]


@pytest.mark.parametrize(("params", "given", "width"), PARAMS, ids=[f"{p} – {g}" for p, g, _ in PARAMS])
def test_parameters_have_types_defaults_and_texts(params: str, given: str, width: int, tmp_path: Path) -> None:
    try:
        graph = load(spec(tmp_path, params, given))
    except SpecError as error:  # steps gives no slot
        assert "inner" in params and "step needs the key inner" in str(error)
        return
    assert graph.find("one.map").block.features == width  # type: ignore[attr-defined]
    check_against_torch(graph)


FAULTS: list[tuple[str, str, str, str]] = [
    ("width: {type: int, default: x}", "width: 8", "wrong-type", "its default is 'x'"),
    ("width: {typ: int}", "width: 8", "wrong-type", "has no key typ"),
    ("width: {type: number}", "width: 8", "wrong-type", "takes the types int, float"),
    ("width: {doc: Channels.}", "width: 8", "wrong-type", "neither type nor default"),
    ("width: {type: int, doc: 3}", "width: 8", "wrong-type", "a text as its doc"),
    ("width: null", "width: 8", "wrong-type", "or a default"),
    ("width: int, outputs: 3", "width: 8", "wrong-type", "every block has for itself"),
    ("width: int, copy: 3", "width: 8", "wrong-type", "every block has for itself"),
    ("width: int", "wdith: 8", "unknown-key", "no key wdith"),
    ("width: int", "width: 8.5", "wrong-type", "a whole number"),
    ("width: int", "width: 7", "shape", ""),
]


@pytest.mark.parametrize(("params", "given", "code", "message"), FAULTS, ids=[f"{p} – {g}" for p, g, *_ in FAULTS])
def test_faults_of_parameters(params: str, given: str, code: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load(spec(tmp_path, params, given))
    problem = caught.value.problems[0]
    assert (problem.code == code or code == "shape") and message in problem.message
    assert problem.mark and problem.mark.line in (8, 12, 18)


def test_a_parameter_explains_itself(tmp_path: Path) -> None:
    told = explain(spec(tmp_path, "width: {type: int, default: 8, doc: Channels of the map.}", "doc: x"), "one.width")
    assert told.value == 8 and told.doc == "Channels of the map."


def test_blocks_that_contain_each_other_are_told(tmp_path: Path) -> None:
    text = (SPEC % ("width: int", "width: 8")).replace("block: activation, kind: gelu", "block: steps, depth: 1")
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(SpecError, match="contain each other"):
        load(tmp_path / "x.yaml")


def test_a_fault_within_tells_the_way_down(tmp_path: Path) -> None:
    text = (SPEC % ("width: int", "width: 8")).replace("repeat: $depth, width: 8", "repeat: $depth, width: 4")
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(SpecError) as caught:
        load(tmp_path / "x.yaml")
    (problem,) = caught.value.problems
    notes: Any = " ".join(problem.notes)
    assert problem.mark and problem.mark.line in (12, 16) and "more" in notes and "all" in notes
