"""A diff says all that lies between two graphs: applied to the one, it gives the other."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from archspec.analysis.diff import describe, diff
from archspec.cli import main
from archspec.compiler import compile
from archspec.graph import Graph
from archspec.language import load, open_spec, packaged_specs
from archspec.language.document.write import dump

NAMES = [name for path in packaged_specs() for name in (f"{path}#{v}" for v in open_spec(path).variants)]
PAIRS = [*pairwise(NAMES), *pairwise(NAMES[::3]), ("cvt_13", "cvt_13")]
EDITS: list[list[str]] = [
    ["params.depth=14"],
    ["graph.pool=null", "outputs.logits=norm", "graph.head=null"],
    ["graph.pool={block: mean_pool}"],
    ["graph.extra={block: layer_norm, after: patch_embed}"],
    ["graph.blocks.attention.heads=6", "graph.blocks.mlp.ratio=2"],
    ["params.image=[224, 192]"],
    ["graph.norm=null", "graph.post={block: layer_norm, after: pool}"],
    ["graph.blocks.drop_path=$(0.1 * (i % 2))"],
]
BASE = "vit_tiny_patch16_224"


def apply(before: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """A graph's description with a diff's on top."""

    def edit(entry: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
        entry = json.loads(json.dumps(entry))
        for path, (_, new) in changes.items():
            at, (*way, last) = entry, path.split(".")
            if path in entry:  # a title such as train.logits
                way, last = [], path
            for word in way:
                at = at[word]
            if new is None:
                at.pop(last)
            else:
                at[last] = new
        return entry

    nodes = {path: entry for path, entry in before["nodes"].items() if path not in told["removed"]}
    nodes = {path: edit(entry, told["changed"].get(path, {})) for path, entry in nodes.items()} | told["added"]
    return {
        "inputs": edit(before["inputs"], told["inputs"]),
        "nodes": {path: nodes[path] for path in told["order"]},
        "outputs": {**before["outputs"], **{k: new for k, (_, new) in told["outputs"].items()}}
        if all(new is not None for _, new in told["outputs"].values())
        else {
            k: v for k, v in {**before["outputs"], **{k: new for k, (_, new) in told["outputs"].items()}}.items() if v
        },
    }


def normal(description: dict[str, Any]) -> Any:
    """Without fields that are null: a diff cannot tell them from fields that are not there."""

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: bare(item) for key, item in value.items() if item is not None}
        return [bare(item) for item in value] if isinstance(value, list | tuple) else value

    return bare(json.loads(json.dumps(description)))


def check_law(a: Graph, b: Graph) -> None:
    told = json.loads(json.dumps(diff(a, b).json()))
    patched = apply(normal(describe(a)), normal_diff(told))
    assert normal(patched) == normal(describe(b))
    assert list(patched["nodes"]) == list(describe(b)["nodes"])


def normal_diff(told: dict[str, Any]) -> dict[str, Any]:
    return {**told, "added": normal(told["added"])}


@pytest.mark.parametrize(("a", "b"), PAIRS, ids=lambda name: name.rpartition("#")[2])
def test_a_diff_applied_to_a_gives_b(a: str, b: str) -> None:
    check_law(load(a), load(b))
    check_law(load(b), load(a))


@pytest.mark.parametrize("edit", EDITS, ids=" ".join)
def test_a_diff_of_an_edit_applied_gives_the_edited(edit: list[str]) -> None:
    a, b = load(BASE), load(BASE, overrides=edit)
    check_law(a, b)
    check_law(b, a)
    assert diff(a, b) and not diff(a, a) and not diff(b, load(BASE, overrides=edit))


def sizes(model: nn.Module) -> dict[str, dict[str, tuple[int, ...]]]:
    """By module: the shapes of the parameters that it holds itself."""
    return {
        path: {name: tuple(parameter.shape) for name, parameter in module.named_parameters(recurse=False)}
        for path, module in model.named_modules()
    }


@pytest.mark.parametrize(
    ("a", "b", "edit"),
    [
        (BASE, BASE, ["params.patch=32"]),
        (BASE, BASE, ["params.depth=14"]),
        (BASE, BASE, ["params.dim=384", "params.heads=6"]),
        (BASE, BASE, ["params.classes=10"]),
        ("cvt_13", "cvt_21", []),
        ("cvt_13", "cvt_13_384", []),
        ("cvt_13", "cvt_w24", []),
        ("cvt_21", "cvt_13", []),
        ("vit_base_patch16_224", "cvt_13", []),
    ],
    ids=str,
)
def test_the_share_of_weights_that_fit_is_torchs(a: str, b: str, edit: list[str]) -> None:
    one, other = load(a), load(b, overrides=edit)
    mine, there = (sizes(compile(graph, device="meta")) for graph in (one, other))
    numel = {path: sum(p.numel() for p in module.parameters(recurse=False))
             for path, module in compile(one, device="meta").named_modules()}  # fmt: skip
    fit = sum(numel[path] for path, shapes in mine.items() if shapes and there.get(path) == shapes)
    assert diff(one, other).fitting == (fit, one.cost.params)


WORDS = [
    (["graph.extra={block: layer_norm, after: blocks}"], ["+ extra  layer_norm  reads blocks"]),
    (["graph.blocks.repeat=14"], ["blocks  repeat: 12 → 14"]),
    (["graph.blocks.attention.heads=6"], ["blocks  attention.heads: 3 → 6"]),
    (["params.patch=32"], ["patch_embed  patch: 16 → 32", "patch_embed  196×192 → 49×192"]),
    (["graph.norm=null", "graph.post={block: layer_norm, after: pool}"], ["norm  now post"]),
    (["graph.pool.block=mean_pool"], ["pool  block: select_token → mean_pool"]),
    (
        ["outputs.logits=norm", "graph.pool=null", "graph.head=null"],
        ["- pool  select_token", "output logits  head → norm"],
    ),
    ([], ["no difference"]),
]


@pytest.mark.parametrize(("edit", "told"), WORDS, ids=[" ".join(edit) for edit, _ in WORDS])
def test_a_diff_reads_well(edit: list[str], told: list[str]) -> None:
    found = str(diff(load(BASE), load(BASE, overrides=edit)))
    squeezed = [" ".join(line.split()) for line in found.splitlines()]
    for line in told:
        assert any(row.startswith(" ".join(line.split())) for row in squeezed), found


def test_a_node_that_changes_places_is_moved_and_its_neighbours_are_not_changed(tmp_path: Path) -> None:
    def spec(names: str) -> Graph:
        graph = {name: {"block": {"a": "layer_norm", "b": "activation", "c": "layer_norm"}[name]} for name in names}
        data = {
            "archspec": 1,
            "name": "x",
            "inputs": {"x": {"features": 4}},
            "graph": graph,
            "outputs": {"y": names[-1]},
        }
        (tmp_path / "x.yaml").write_text(dump(data))
        return load(tmp_path / "x.yaml")

    found = diff(spec("abc"), spec("acb"))
    assert list(found.moved) in (["b"], ["c"]) and "\nchanged" not in str(found) and "moved" in str(found)
    check_law(spec("abc"), spec("cab"))


def test_exit_codes_and_forms(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "cvt_13", "cvt_13"]) == 0
    assert main(["diff", "cvt_13", "--set", "params.image=384", "--format", "md"]) == 1
    assert "### shapes" in capsys.readouterr().out
    assert main(["diff", "cvt_13", "cvt_21", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["params"] == [19997480, 31622696] and told["weights"]["share"] == 1.0
    assert told["changed"]["stage2"] == {"depth": [2, 4]}
