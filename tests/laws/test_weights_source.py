"""A weights source is one file: rules beside a spec that names them. Nothing in the package knows a source by name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import archspec
from archspec.weights import WeightsError, dialects, export_state_dict, load_weights, plan_weights

ROOT = Path(__file__).parents[2]
SPEC = """\
archspec: 1
name: toy
weights: toy_rules.yaml
params: {dim: 8, depth: 2, first: 1}
inputs: {x: {tokens: 5, dim: $(dim)}}
graph:
  blocks: {block: self_attention, heads: 2, repeat: $(depth)}
  norm: {block: layer_norm}
  head: {block: linear, features: 3}
outputs: {y: head}
"""
RULES = """\
nobody:
  rules:
    blocks.{i}.qkv.{p}: layer_{i + first}.{query,key,value}.{p}
    blocks.{i}.proj.{p}: layer_{i + first}.out.{p}
    norm.{p}: final.{p}
    head.weight: {name: classifier.kernel, rearrange: "i o -> o i"}
    head.bias: classifier.shift
  drop: step
"""


def toy(folder: Path, rules: str, seed: int) -> nn.Module:
    """The toy spec beside a file of rules, built."""
    (folder / "toy.yaml").write_text(SPEC, encoding="utf-8")
    (folder / "toy_rules.yaml").write_text(rules, encoding="utf-8")
    torch.manual_seed(seed)
    return archspec.build(folder / "toy.yaml")


def renamed(model: nn.Module) -> dict[str, Tensor]:
    """The model's tensors as the made-up source stores them, written by hand and not by the rules."""
    state = model.state_dict()
    names = {"proj": "out"}
    theirs = {"final.weight": state["norm.weight"], "final.bias": state["norm.bias"],
              "classifier.kernel": state["head.weight"].T, "classifier.shift": state["head.bias"],
              "step": torch.tensor(7)}  # fmt: skip
    for name, tensor in state.items():
        root, *rest = name.split(".")
        if root == "blocks":
            index, part, kind = rest
            target = f"layer_{int(index) + 1}"
            if part == "qkv":
                for word, third in zip(("query", "key", "value"), tensor.chunk(3), strict=True):
                    theirs[f"{target}.{word}.{kind}"] = third
            else:
                theirs[f"{target}.{names[part]}.{kind}"] = tensor
    return theirs


@pytest.mark.parametrize("source", ["auto", "nobody"])
def test_a_file_of_rules_makes_a_source(source: str, tmp_path: Path) -> None:
    writer, reader = toy(tmp_path, RULES, 0), toy(tmp_path, RULES, 1)
    theirs = renamed(writer)
    report = load_weights(reader, theirs, source)
    assert report.source == "nobody" and report.filled == report.params and not report.warnings
    assert all(torch.equal(tensor, writer.state_dict()[name]) for name, tensor in reader.state_dict().items())
    exported = export_state_dict(reader, "nobody")
    assert exported.keys() == theirs.keys() - {"step"}
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in exported.items())


def test_an_entry_in_a_file_makes_a_source(tmp_path: Path) -> None:
    rules = RULES + "somebody:\n  like: nobody\n  rules:\n    norm.{p}: last.{p}\n"
    model = toy(tmp_path, rules, 0)
    theirs = {name.replace("final.", "last."): tensor for name, tensor in renamed(model).items()}
    report = plan_weights(model, theirs)
    assert report.source == "somebody" and not report.faults


def test_without_the_rules_there_is_no_source(tmp_path: Path) -> None:
    model = toy(tmp_path, "other:\n  rules:\n    norm.{p}: nowhere.{p}\n", 0)
    with pytest.raises(WeightsError, match="has no name that toy knows"):
        load_weights(model, renamed(model))
    with pytest.raises(WeightsError, match="no source is called nobody"):
        export_state_dict(model, "nobody")


def test_no_code_knows_a_source_by_name() -> None:
    sources = {name for file in (ROOT / "specs" / "weights").glob("*.yaml") for name in dialects(file)}
    assert len(sources) > 5
    for file in (ROOT / "archspec").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert node.value not in sources, f"{file.name}:{node.lineno} knows {node.value!r}"
