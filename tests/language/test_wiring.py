"""Spec → graph: one problem for one mistake, bodies wired for the values that they get, and the tables of keys."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from archspec.errors import Problem, SpecError
from archspec.language import load
from archspec.language.explain import explain
from archspec.language.spec import DOCUMENT_KEYS, NODE_KEYS, SHARING_KEYS, SPEC_KEYS, Spec, keys_of

SPEC = """
archspec: 1
name: x
params: {dim: 8, %s}
inputs: {x: {tokens: 6, dim: 8}}
blocks:
  step:
    params: {width: 8, inner: {type: slot}}
    graph:
      map: {block: linear, features: $(64 // width)}
      inner: {block: $inner}
defaults: {%s}
graph:
  one: {block: %s}
outputs: {y: one}
"""
STEP = "step, inner: layer_norm"


def spec(folder: Path, node: str, defaults: str = "", params: str = "depth: 1") -> Path:
    (folder / "x.yaml").write_text(SPEC % (params, defaults, node))
    return folder / "x.yaml"


def problems(file: Path) -> list[tuple[str, str | None]]:
    with pytest.raises(SpecError) as caught:
        load(file)
    return [(problem.code, problem.key) for problem in caught.value.problems]


MISTAKES = [
    ("self_attention, head: 2", [("unknown-key", "head")]),
    ("self_attention, hedas: 2", [("unknown-key", "hedas")]),
    ("self_attention", [("missing-key", "heads")]),
    ("self_attention, zzz: 2", [("missing-key", "heads"), ("unknown-key", "zzz")]),
    ("self_attention, heads: $nope", [("expression", None)]),
    ("linear, featurs: 8, features: 8", [("unknown-key", "featurs")]),
    ("encoder_layer, attention: {block: self_attention, head: 2}", [("unknown-key", "head")]),
]


@pytest.mark.parametrize(("node", "keys"), MISTAKES, ids=[node for node, _ in MISTAKES])
def test_a_mistake_is_one_problem_and_carries_its_key(
    node: str, keys: list[tuple[str, str | None]], tmp_path: Path
) -> None:
    assert sorted(problems(spec(tmp_path, node)), key=str) == keys


def test_a_fault_of_a_body_is_one_problem_however_often_it_is_placed(tmp_path: Path) -> None:
    file = spec(tmp_path, STEP)
    text = file.read_text().replace("one: {", "two: {block: step, width: 4, inner: layer_norm}\n  one: {")
    file.write_text(text.replace("block: linear, features: $(64 // width)", "block: linear, features: $(-1 * width)"))
    assert problems(file) == [("wrong-type", None)]


def test_the_key_is_no_part_of_the_json() -> None:
    assert Problem("x", "x", key="heads").json() == Problem("x", "x").json()
    assert "key" not in Problem("x", "x", key="heads").json()


def test_a_body_is_wired_with_the_defaults_of_the_spec(tmp_path: Path) -> None:
    graph = load(spec(tmp_path, STEP, "step: {width: 4}"))
    assert graph.find("one.map").block.features == 16  # type: ignore[attr-defined]
    with pytest.raises(SpecError, match=r"by zero|divi"):
        load(spec(tmp_path, STEP, "step: {width: 0}"))


def test_a_block_in_a_slot_of_the_defaults_has_a_body(tmp_path: Path) -> None:
    graph = load(spec(tmp_path, STEP, "step: {width: 4}, encoder_layer: {mlp: {block: step, inner: layer_norm}}"))
    assert graph.find("one.map").block.features == 16  # type: ignore[attr-defined]
    node = "encoder_layer, attention: {block: self_attention, heads: 2}"
    defaults = "step: {width: 8}, encoder_layer: {mlp: {block: step, inner: layer_norm}}"
    assert load(spec(tmp_path, node, defaults)).find("one.mlp.map").block.features == 8  # type: ignore[attr-defined]


def test_a_value_that_reads_a_faulty_parameter_is_explained(tmp_path: Path) -> None:
    file = spec(tmp_path, "linear, features: $wide", params="wide: $(1 // 0)")
    assert "no value" in str(explain(file, "one.features"))


def test_the_tables_of_keys_are_those_of_the_models() -> None:
    assert set(DOCUMENT_KEYS) == {"extends", *keys_of(Spec)}
    assert frozenset(keys_of(Spec)) == SPEC_KEYS
    assert NODE_KEYS == ("block", "from", "repeat", "layer_dropout", "when", "share", "doc")
    assert set(SHARING_KEYS) < set(NODE_KEYS)


def test_the_face_of_the_language_is_light() -> None:
    code = """
import sys
import archspec.language, archspec.language.wiring, archspec.language.words, archspec.language.spec
heavy = ("archspec.language.explain", "archspec.language.schema", "archspec.language.words.probe", "torch", "networkx")
sys.exit(str([name for name in heavy if name in sys.modules] or "") or 0)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
