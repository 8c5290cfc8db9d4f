"""The tutorial's specs are built and run; `extends` merges as a variant does, and tells whose fault it is."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from archspec.analysis.diff import describe as described
from archspec.compiler import build
from archspec.errors import SpecError
from archspec.language import load, open_spec
from tests.support.origins import origin_of

FOLDER = Path(__file__).parents[2] / "specs" / "tutorial"
LESSONS = sorted(FOLDER.glob("[01]*.yaml"))


def test_the_readme_lists_all_that_there_are() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert len(LESSONS) == 11 and all(f"({path.name})" in readme for path in LESSONS)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_variant_of_the_tutorial_is_built_and_runs(path: Path) -> None:
    graph = load(path)
    assert open_spec(path).tree.entries["expect"]
    torch.manual_seed(0)
    model = build(graph).eval()
    assert sum(parameter.numel() for parameter in model.parameters()) == graph.cost.params
    with torch.no_grad():
        made = model(*(torch.randn(1, *shape.sizes) for shape in graph.inputs.values()))
    outputs = made if isinstance(made, tuple) else (made,)
    assert [tuple(value.shape[1:]) for value in outputs] == [graph.shape(ref).sizes for ref in graph.outputs.values()]
    assert all(value.isfinite().all() for value in outputs)


def test_twins_share_their_weights() -> None:
    model = build(FOLDER / "09_shared_encoder.yaml").eval()
    image = torch.randn(1, 3, 96, 96)
    with torch.no_grad():
        made = model(image, image)
    assert torch.equal(made.left, made.right)
    assert not [name for name in model.state_dict() if name.startswith("twin")]


BASE = """
archspec: 1
name: base
params: {dim: 8}
inputs: {image: {channels: 3, size: 16}}
graph:
  embed: {block: patch_embed, patch: 8, dim: $dim}
  norm: {block: layer_norm}
  pool: {block: mean_pool}
outputs: {y: pool}
expect: {params: 1}
default: small
variants: {small: {params: {dim: 4}, expect: {params: 788}}, large: {params: {dim: 16}, expect: {params: 3120}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE)
    return tmp_path


def child(folder: Path, extends: str, rest: str = "", name: str = "child.yaml") -> Path:
    (folder / name).write_text(f"archspec: 1\nname: child\nextends: {extends}\n{rest}\n")
    return folder / name


@pytest.mark.parametrize(("extends", "dim"), [("base.yaml", 4), ("base.yaml#small", 4), ("base.yaml#large", 16)])
def test_extends_a_variant_and_leaves_its_budget_and_variants_behind(extends: str, dim: int, folder: Path) -> None:
    found = open_spec(child(folder, extends))
    assert not found.variants and found.default is None
    assert load(child(folder, extends)).shape(load(child(folder, extends)).outputs["y"]).sizes == (dim,)


def test_extends_of_extends_equals_the_same_edits_by_hand(folder: Path) -> None:
    child(folder, "base.yaml#large", "graph: {act: {block: activation, kind: gelu, after: norm}}", "one.yaml")
    two = child(folder, "one.yaml", "graph: {norm: null, pool: {from: act}}\nparams: {dim: 12}", "two.yaml")
    (folder / "hand.yaml").write_text(
        "archspec: 1\nname: child\nparams: {dim: 12}\ninputs: {image: {channels: 3, size: 16}}\ngraph:\n"
        "  embed: {block: patch_embed, patch: 8, dim: $dim}\n  act: {block: activation, kind: gelu}\n"
        "  pool: {block: mean_pool, from: act}\noutputs: {y: pool}\n"
    )
    assert described(load(two)) == described(load(folder / "hand.yaml"))
    assert origin_of(load(two)).spec == origin_of(load(folder / "hand.yaml")).spec


FAULTS = [
    ("bse.yaml", "", "file-missing", "did you mean base.yaml?"),
    ("base.yaml#smal", "", "unknown-variant", "did you mean small?"),
    ("base.yaml", "graph: {nrom: null}", "override-miss", "did you mean norm?"),
    ("base.yaml", "params: {dmi: 3}", "override-miss", "did you mean dim?"),
    ("base.yaml", "graph: {new: {block: layer_norm, after: nrom}}", "override-order", "did you mean norm?"),
    ("[base.yaml]", "", "wrong-type", None),
    ("child.yaml", "", "cycle", None),
]


@pytest.mark.parametrize(("extends", "rest", "code", "help"), FAULTS, ids=[f"{e} {r}" for e, r, *_ in FAULTS])
def test_faults_of_extends(extends: str, rest: str, code: str, help: str | None, folder: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load(child(folder, extends, rest))
    problem = caught.value.problems[0]
    assert (problem.code, problem.help) == (code, help) or (help is None and problem.code == code)
    assert problem.mark and problem.mark.source.name.endswith("child.yaml")


def test_a_fault_in_the_base_is_told_there_with_who_extends_it(folder: Path) -> None:
    (folder / "base.yaml").write_text(BASE.replace("default: small", "default: smal"))
    with pytest.raises(SpecError) as caught:
        load(child(folder, "base.yaml"))
    (problem,) = caught.value.problems
    assert problem.mark and problem.mark.source.name.endswith("base.yaml") and "child.yaml" in problem.notes[-1]
