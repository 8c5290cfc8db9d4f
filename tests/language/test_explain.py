"""Every value of a spec can say what it is and where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archspec.errors import SpecError
from archspec.language import load, open_spec, packaged_specs
from archspec.language.document import Fields, Items, Leaf, locate
from archspec.language.explain import explain

CHILD = """
archspec: 1
name: mine
extends: base.yaml#small
params: {dim: 64}
graph: {blocks: {drop_path: 0.2}}
"""
BASE = """
archspec: 1
name: base
params: {dim: 16, depth: 4}
defaults: {layer_norm: {eps: 1e-6}}
inputs: {image: {channels: 3, size: 32}}
blocks:
  pair:
    params: {width: int, bias: {type: bool, default: true, doc: Whether to add.}}
    graph:
      first: {block: linear, features: $width, bias: $bias}
      second: {block: linear, features: $(width * 2)}
graph:
  embed: {block: patch_embed, patch: 8, dim: $dim}
  blocks: {block: encoder_layer, repeat: $depth, attention: {block: self_attention, heads: 2}, drop_path: $(i / 10)}
  pair: {block: pair, width: $(dim // 2)}
  norm: {block: layer_norm}
  pool: {block: mean_pool}
outputs: {features: pool}
variants: {small: {params: {dim: 32}}}
"""


@pytest.fixture
def child(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE)
    (tmp_path / "child.yaml").write_text(CHILD)
    return tmp_path / "child.yaml"


ANSWERS: list[tuple[str, Any, list[str]]] = [
    (
        "params.dim",
        99,
        [
            "base.yaml:4 params.dim",
            "base.yaml:20 variants.small.params.dim",
            "child.yaml:5 params.dim",
            "--set:1 params.dim",
        ],
    ),
    ("graph.embed.dim", 99, ["base.yaml:14 graph.embed.dim"]),
    ("embed.dim", 99, ["base.yaml:14 graph.embed.dim"]),
    ("blocks.drop_path", 0.2, ["base.yaml:15 graph.blocks.drop_path", "child.yaml:6 graph.blocks.drop_path"]),
    ("graph.blocks.repeat", 4, ["base.yaml:15 graph.blocks.repeat"]),
    ("graph.blocks.attention.heads", 2, ["base.yaml:15 graph.blocks.attention.heads"]),
    ("graph.blocks.attention.qkv_bias", True, []),
    ("graph.blocks.mlp.ratio", 4, []),
    ("graph.norm.eps", 1e-6, ["base.yaml:5 defaults.layer_norm.eps"]),
    ("graph.blocks.norm.eps", 1e-6, ["base.yaml:5 defaults.layer_norm.eps"]),
    ("graph.pair.bias", True, ["base.yaml:9 blocks.pair.params.bias"]),
    ("graph.pair.first.features", 49, ["base.yaml:11 blocks.pair.graph.first.features"]),
    ("graph.pair.graph.second.features", 98, ["base.yaml:12 blocks.pair.graph.second.features"]),
    ("inputs.image.size", 32, ["base.yaml:6 inputs.image.size"]),
]


@pytest.mark.parametrize(("path", "value", "places"), ANSWERS, ids=[path for path, *_ in ANSWERS])
def test_explain_tells_the_value_and_its_places(path: str, value: Any, places: list[str], child: Path) -> None:
    told = explain(child, path, overrides=["params.dim=99"] if "blocks" not in path else ["params.dim=96"])
    if path.startswith(("params", "graph.embed", "embed", "graph.pair")) or value != 99:
        assert told.value == value
    assert [f"{Path(p.mark.source.name).name}:{p.mark.line} {p.address}" for p in told.places] == places
    assert told.json()["value"] == told.value and path.rpartition(".")[2] in str(told)


def test_an_expression_shows_what_it_reads(child: Path) -> None:
    told = explain(child, "graph.pair.second.features")
    (width,) = told.reads
    assert (width.path, width.value, width.reads[0].path, width.reads[0].value) == (
        "graph.pair.width",
        32,
        "params.dim",
        64,
    )
    assert "← counts" in str(told)


def test_one_of_a_repeat_is_explained_by_its_number() -> None:
    values = [explain("cvt_13", f"stage3.layers.{place}.drop_path").value for place in range(10)]
    graph = load("cvt_13")
    assert values == [graph.find(f"stage3.layers.{place}").block.drop_path for place in range(10)]  # type: ignore[attr-defined]


LOST = [
    ("graph.emebd.dim", "graph has no emebd", "did you mean embed?"),
    ("graph.embed.dmi", "graph.embed has no dmi", "did you mean dim?"),
    ("graph.blocks.7.drop_path", "graph.blocks has no 7", "did you mean"),
    ("params.dim.x", "params.dim has no x", ""),
    ("", "a path is needed", "there are"),
]


@pytest.mark.parametrize(("path", "message", "help"), LOST, ids=[path for path, *_ in LOST])
def test_a_path_that_leads_nowhere_is_told_with_near_names(path: str, message: str, help: str, child: Path) -> None:
    with pytest.raises(SpecError) as caught:
        explain(child, path)
    (problem,) = caught.value.problems
    assert problem.message.startswith(message)
    assert help in (problem.help or "") or "there are" in (problem.help or "")


def test_a_removed_value_is_told_as_removed(child: Path) -> None:
    with pytest.raises(SpecError, match="removes it"):
        explain(child, "graph.norm", overrides=["graph.norm=null"])


def leaves(tree: Any, path: str = "") -> list[str]:
    if isinstance(tree, Fields):
        return [found for key, item in tree.entries.items() for found in leaves(item, f"{path}.{key}" if path else key)]
    if isinstance(tree, Items):
        return [found for place, item in enumerate(tree.items) for found in leaves(item, f"{path}.{place}")]
    assert isinstance(tree, Leaf)
    return [path]


@pytest.mark.parametrize("spec", packaged_specs(), ids=lambda path: path.stem)
def test_every_value_of_every_spec_is_explained_at_its_own_line(spec: Path) -> None:
    tree = open_spec(spec).tree
    for path in leaves(tree):
        given = locate(tree, path.split("."))
        assert given and str(given.mark) in {str(place.mark) for place in explain(spec, path).places}


def written(tmp_path: Path, params: str) -> Path:
    path = tmp_path / "spec.yaml"
    path.write_text(BASE.replace("depth: 4}", f"depth: 4, {params}}}"))
    return path


def test_a_value_that_is_read_twice_is_written_out_once_nearest_to_the_top(tmp_path: Path) -> None:
    spec = written(tmp_path, "a: $(b + c), b: $(c + 1), c: $(dim + depth)")
    answer = explain(spec, "params.a")
    assert [read.path for read in answer.reads] == ["params.b", "params.c"]
    assert answer.reads[0].reads[0] is answer.reads[1]
    lines = [line.strip() for line in str(answer).splitlines()]
    assert sum(line.startswith("params.dim = ") for line in lines) == 1
    assert lines.count("reads on: explain params.c") == 1
    b, c = answer.json()["reads"]
    assert b["reads"][0]["path"] == "params.c" and b["reads"][0]["reads"] == []
    assert [read["path"] for read in c["reads"]] == ["params.depth", "params.dim"]


def test_a_chain_of_reads_is_followed_so_far_and_says_how_to_go_on(tmp_path: Path) -> None:
    chain = ", ".join(f"p{number}: $p{number + 1}" for number in range(2000))
    answer = explain(written(tmp_path, f"{chain}, p2000: 7"), "params.p0")
    assert answer.value == 7
    assert str(answer).splitlines()[-1].strip() == "reads on: explain params.p30"


def test_params_in_a_circle_are_explained_without_a_value(tmp_path: Path) -> None:
    answer = explain(written(tmp_path, "a: $b, b: $a, c: $c"), "params.a")
    assert "params.b = ? (" in str(answer) and str(answer).rstrip().endswith("reads on: explain params.a")
    assert answer.json()["reads"][0]["reads"][0]["path"] == "params.a"
    assert "params.c" in str(explain(tmp_path / "spec.yaml", "params.c"))


def test_a_path_of_very_many_words_is_refused(child: Path) -> None:
    with pytest.raises(SpecError, match="longer than the 100"):
        explain(child, "graph." + "a." * 5000 + "b")
