"""`expect`: exact values and bounds, each missed one at its line."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from archspec.compiler import compile
from archspec.errors import SpecError
from archspec.language import activations, load

SPEC = """
archspec: 1
name: x
params: {dim: 4, most: 200.5}
inputs: {x: {tokens: 6, dim: 8}}
graph: {map: {block: linear, features: 4}, norm: {block: layer_norm}}
outputs: {y: norm}
expect:
  %s
"""
KEPT = ["params: 44", "macs: 192", "max_params: 44", "max_params: 1e6", "max_macs: 200.5", "activations: 48",
        "max_activations: 48", "outputs: {y: [6, 4]}", "params: $(4 * 11)", "max_macs: $most",
        "outputs: {y: [6, $dim]}"]  # fmt: skip
MISSED = [
    ("params: 43", "expected 43 parameters, the graph has 44 (+1)"),
    ("macs: 200", "expected 200 MACs, the graph has 192 (-8)"),
    ("max_params: 43", "expected at most 43 parameters, the graph has 44"),
    ("max_macs: 100", "expected at most 100 MACs, the graph has 192"),
    ("activations: 47", "expected 47 activations, the graph has 48 (+1)"),
    ("max_activations: 47", "expected at most 47 activations, the graph has 48"),
    ("outputs: {y: [6, 5]}", "expected y to be 6x5, it is tokens 6x4"),
    ("params: $(dim * 10)", "expected 40 parameters, the graph has 44 (+4)"),
    ("params: $(dmi)", "expect.params: $(dmi): there is no dmi here"),
    ("params: $('x')", "expect.params takes a number, got 'x'"),
    ("outputs: {y: [6, $nope]}", "expect.outputs.y: $nope: there is no nope here"),
    ("outputs: {z: [6, 4]}", "no output is called z: there are y"),
]


@pytest.mark.parametrize("line", KEPT)
def test_a_budget_that_is_kept(line: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(SPEC % line)
    load(tmp_path / "x.yaml")


@pytest.mark.parametrize(("line", "message"), MISSED, ids=[line for line, _ in MISSED])
def test_a_budget_that_is_missed_is_told_at_its_line(line: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(SPEC % line)
    with pytest.raises(SpecError) as caught:
        load(tmp_path / "x.yaml")
    (problem,) = caught.value.problems
    assert problem.message == message and problem.mark and problem.mark.line == 9 and problem.code == "expect"


@pytest.mark.parametrize("name", ["vit_tiny_patch16_224", "cvt_13", "deit_tiny_distilled_patch16_224"])
def test_activations_are_what_torchs_leaves_give(name: str) -> None:
    graph = load(name)
    model = compile(graph, device="meta", rewrites={}).eval()
    ops = {path for path, node in graph.walk() if not node.body}
    seen = 0

    def watch(_module: nn.Module, _inputs: object, output: object) -> None:
        nonlocal seen
        seen += sum(value.numel() for value in (output if isinstance(output, tuple) else (output,)))

    for path, module in model.named_modules():
        if path in ops:
            module.register_forward_hook(watch)
    model(*(torch.empty(1, *shape.sizes, device="meta") for shape in graph.inputs.values()))
    assert seen == activations(graph)
