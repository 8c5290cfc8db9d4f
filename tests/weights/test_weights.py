"""Weights in and out of a small ViT: files good and bad, what the report says, and that an error touches nothing."""

from __future__ import annotations

import json
import os
import pickle
from argparse import Namespace
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

import archspec
from archspec.ops.layers.resample import resize
from archspec.weights import (
    Entry,
    LoadReport,
    WeightsError,
    export_state_dict,
    load_weights,
    plan_weights,
    save_weights,
)
from archspec.weights.file import MOST_BYTES

SPEC = Path(__file__).parents[2] / "specs" / "vit.yaml"
SMALL = ["params.image=32", "params.patch=8", "params.dim=16", "params.depth=2", "params.heads=2", "params.classes=5"]
Weights = dict[str, Tensor]


def vit(*settings: str, seed: int = 0) -> nn.Module:
    """A ViT with a grid of 4×4 and 5 classes."""
    torch.manual_seed(seed)
    return archspec.build(SPEC, overrides=[*SMALL, *settings])


def timms(seed: int = 1) -> Weights:
    """Weights of another seed, as timm names them."""
    return export_state_dict(vit(seed=seed), "timm")


def untouched(model: nn.Module, call: Callable[[], Any]) -> WeightsError:
    """The error that a call raises, which must leave the model as it was."""
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(WeightsError) as caught:
        call()
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert str(caught.value)
    assert pickle.loads(pickle.dumps(caught.value)).problems
    return caught.value


def statuses(report: LoadReport) -> set[str]:
    return {entry.status for entry in report.entries}


# -- files -------------------------------------------------------------------------------------------------------------


def wrapped(weights: Weights) -> dict[str, Any]:
    return {"model": {f"module.{name}": tensor for name, tensor in weights.items()}, "epoch": 3}


WAYS: dict[str, Callable[[Weights, Path], Any]] = {
    "weights.safetensors": lambda weights, path: save_file(weights, path),
    "weights.pth": lambda weights, path: torch.save(weights, path),
    "legacy.pt": lambda weights, path: torch.save(weights, path, _use_new_zipfile_serialization=False),
    "wrapped.bin": lambda weights, path: torch.save(wrapped(weights), path),
    "averaged.tar": lambda weights, path: torch.save(
        {"state_dict": {name: tensor * 0 for name, tensor in weights.items()}, "state_dict_ema": weights}, path
    ),
    "compiled.pth": lambda weights, path: torch.save(
        {"state_dict": {f"_orig_mod.{name}": tensor for name, tensor in weights.items()}}, path
    ),
}


@pytest.mark.parametrize("name", WAYS)
def test_a_file_of_every_kind_is_read_and_planned(name: str, tmp_path: Path) -> None:
    weights, model, path = timms(), vit(), tmp_path / name
    WAYS[name](weights, path)
    planned = plan_weights(archspec.load(SPEC, overrides=SMALL), path)
    report = load_weights(model, path)
    assert report.source == "timm" and report.filled == report.params and not report.faults
    assert planned.entries == report.entries
    assert torch.equal(model.get_parameter("blocks.1.attn.qkv.weight"), weights["blocks.1.attn.qkv.weight"])
    assert torch.equal(model.get_parameter("cls.token"), weights["cls_token"])


class Evil:
    """Runs code where it is unpickled without care."""

    def __reduce__(self) -> tuple[Any, ...]:
        return print, ("ran",)


def enormous(path: Path) -> None:
    path.touch()
    os.truncate(path, MOST_BYTES + 1)  # takes no room


def damaged(path: Path) -> None:
    save_file(timms(), path)
    path.write_bytes(path.read_bytes()[:-100])


def cut(path: Path) -> None:
    torch.save(timms(), path)
    path.write_bytes(path.read_bytes()[:3000])


BAD: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "missing": ("x.pth", lambda _: None, "is not there"),
    "folder": ("x.pth", lambda path: path.mkdir(), "is a folder"),
    "empty": ("x.pth", lambda path: path.touch(), "is empty"),
    "enormous": ("x.pth", enormous, "more than the"),
    "truncated safetensors": ("x.safetensors", damaged, "is a damaged safetensors file"),
    "truncated pickle": ("x.pth", cut, "is no file of weights that can be read"),
    "text": ("x.pth", lambda path: path.write_text("hello, world"), "is no file of weights that can be read"),
    "a web page": ("x.pth", lambda path: path.write_text("<!doctype html><html>"), "is a web page"),
    "json": ("x.safetensors", lambda path: path.write_text('{"weight_map": {}}'), "is JSON"),
    "git-lfs": ("x.bin", lambda path: path.write_text("version https://git-lfs.github.com/spec/v1\n"), "git-lfs"),
    "code": ("x.pth", lambda path: torch.save({"model": timms(), "hook": Evil()}, path), "which is code"),
    "an object": ("x.pth", lambda path: torch.save({"args": Fraction(1, 2)}, path), "fractions.Fraction"),
    "no tensors": ("x.pth", lambda path: torch.save({"epoch": 3}, path), "holds no tensors by name"),
    "a list": ("x.pth", lambda path: torch.save([1, 2], path), "holds no tensors by name, but list"),
    "no names": ("x.safetensors", lambda path: save_file({}, path), "holds no tensors"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_file_that_is_no_good_is_refused(what: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name, make, message = BAD[what]
    path, model = tmp_path / name, vit()
    make(path)
    error = untouched(model, lambda: load_weights(model, path))
    assert message in str(error) and name in str(error)
    untouched(model, lambda: plan_weights(model, path))
    assert "ran" not in capsys.readouterr().out


# -- our own files -----------------------------------------------------------------------------------------------------


def test_a_saved_file_comes_back_and_knows_its_spec(tmp_path: Path) -> None:
    from safetensors import safe_open

    model, other, path = vit(seed=1), vit(), tmp_path / "own.safetensors"
    save_weights(model, path)
    report = load_weights(other, path)
    assert report.source == "archspec" and statuses(report) == {"MATCHED"} and not report.notes
    assert all(map(torch.equal, model.state_dict().values(), other.state_dict().values()))
    with safe_open(path, "pt") as file:
        told = file.metadata()
    assert told["name"] == "vit" and told["archspec"] == archspec.__version__
    assert json.loads(told["spec"])["params"]["dim"] == 16
    assert [file.name for file in tmp_path.iterdir()] == ["own.safetensors"]


def test_a_file_of_another_spec_is_told(tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    save_weights(vit(), path)
    report = load_weights(vit("params.drop_path=0.1"), path)
    assert "written from another spec" in report.notes[0] and not report.faults


def test_a_file_cannot_be_written_where_there_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="there is no folder"):
        save_weights(vit(), tmp_path / "nowhere" / "x.safetensors")


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").mkdir()
    with pytest.raises(WeightsError, match="cannot be written"):
        save_weights(vit(), tmp_path / "x.safetensors")
    assert len(list(tmp_path.iterdir())) == 1


# -- what fits and what does not ---------------------------------------------------------------------------------------


def test_strict_names_every_fault_and_touches_nothing() -> None:
    weights, model = timms(), vit()
    weights["head.weight"] = torch.zeros(7, 16)
    weights["head.bias"] = torch.zeros(7)
    weights["fc.weight"] = weights.pop("norm.weight")
    error = untouched(model, lambda: load_weights(model, weights))
    assert "2 of another shape, 1 missing, 1 left over" in str(error)
    for line in ("ours 5x16, theirs 7x16", "MISSING     norm.weight", "UNEXPECTED"):
        assert line in str(error)


def test_without_strict_what_fits_is_taken() -> None:
    weights, model = timms(), vit()
    weights["head.weight"] = torch.zeros(7, 16)
    report = load_weights(model, weights, strict=False)
    assert [entry.ours for entry in report.faults] == ["head.weight"]
    assert torch.equal(model.get_parameter("norm.weight"), weights["norm.weight"])


def test_another_head_is_allowed_by_name() -> None:
    weights, model = timms(), vit()
    weights["head.weight"], weights["head.bias"] = torch.zeros(7, 16), torch.zeros(7)
    weights["head_dist.weight"] = torch.zeros(5, 16)
    before = model.get_parameter("head.weight").clone()
    report = load_weights(model, weights, allow_missing=["head*"])
    assert {entry.status for entry in report.entries if "head" in str(entry)} == {"KEPT", "DROPPED"}
    assert torch.equal(model.get_parameter("head.weight"), before)


def test_a_pattern_that_matches_nothing_is_a_warning() -> None:
    report = load_weights(vit(), timms(), allow_missing=["haed*"])
    assert report.warnings == ("allow_missing 'haed*' matches no name: did you mean head?",)


def test_numbers_that_are_not_finite_are_a_warning() -> None:
    weights = timms()
    weights["norm.bias"][3] = torch.nan
    assert load_weights(vit(), weights).warnings == ("not every number is finite in norm.bias",)


def test_dtype_device_and_requires_grad_stay() -> None:
    model = vit().to(torch.bfloat16)
    parameter = model.get_parameter("norm.weight").requires_grad_(False)
    load_weights(model, timms())
    assert model.get_parameter("norm.weight") is parameter
    assert parameter.dtype == torch.bfloat16 and not parameter.requires_grad


def test_a_model_without_memory_is_refused() -> None:
    with pytest.raises(WeightsError, match="meta device"):
        load_weights(archspec.build(SPEC, overrides=SMALL, device="meta"), timms())


@pytest.mark.parametrize(
    ("weights", "source", "message"),
    [
        ({"a.weight": torch.ones(3)}, "auto", "has no name that vit_base_patch16_224 knows"),
        ({"a.weight": torch.ones(3)}, "tim", "no source is called tim"),
        ({}, "auto", "holds no tensors by name"),
        ({3: torch.ones(3)}, "auto", "holds no tensors by name"),
    ],
)
def test_a_state_dict_of_something_else_is_refused(weights: Any, source: str, message: str) -> None:
    model = vit()
    assert message in str(untouched(model, lambda: load_weights(model, weights, source)))


@pytest.mark.parametrize("source", ["archspec", "timm", "hf", "hf_hub"])
def test_the_source_is_told_by_the_names(source: str) -> None:
    ours = vit(seed=1)
    model = vit()
    report = load_weights(model, export_state_dict(ours, source))
    assert report.source == source
    assert all(map(torch.equal, model.state_dict().values(), ours.state_dict().values()))


def test_a_module_of_anyones_takes_its_own_names() -> None:
    model, other = nn.Linear(3, 2), nn.Linear(3, 2)
    assert load_weights(model, other.state_dict()).source == "archspec"
    assert torch.equal(model.weight, other.weight)


def test_statistics_may_lack_their_count() -> None:
    small = ["params.image=32", "params.dims=[4, 6, 8]", "params.depths=[1, 1, 1]", "params.heads=[1, 1, 1]"]
    model = archspec.build(SPEC.with_name("cvt.yaml"), overrides=small)
    weights = {name: tensor for name, tensor in export_state_dict(model, "official").items() if tensor.ndim}
    report = load_weights(model, weights)
    assert {entry.ours.rpartition(".")[2] for entry in report.entries if entry.status == "KEPT" and entry.ours} == {
        "num_batches_tracked"
    }


# -- other image sizes -------------------------------------------------------------------------------------------------


def test_a_way_to_resample_that_is_none_is_told() -> None:
    for call in (load_weights, plan_weights):
        with pytest.raises(WeightsError, match="resampling is bicubic or antialiased, got bicubik"):
            call(vit(), timms(), resampling="bicubik")  # type: ignore[arg-type]


def test_positions_that_are_no_grid_do_not_fit() -> None:
    weights, model = timms(), vit()
    weights["pos_embed"] = torch.zeros(1, 8, 16)
    error = untouched(model, lambda: load_weights(model, weights))
    assert "7 positions are neither a square nor a grid shaped like 4×4" in str(error)


def test_a_grid_shaped_alike_is_resampled() -> None:
    table, note = resize(torch.arange(8.0).view(1, 8, 1), (4, 8), antialias=False)
    assert table.shape == (1, 32, 1) and note == "2×4 → 4×8, bicubic"


# -- the report --------------------------------------------------------------------------------------------------------


def test_the_report_folds_what_is_numbered() -> None:
    report = load_weights(vit(), export_state_dict(vit(), "hf"))
    line = next(line for line in str(report).splitlines() if "qkv.weight" in line)
    assert line.split() == [
        "SPLIT",
        "blocks.{0..1}.attn.qkv.weight",
        *(
            f"vit.layers.{{0..1}}.attention.{word}_proj.weight{end}"
            for word, end in zip("qkv", (",", ",", ""), strict=True)
        ),
    ]
    told = json.loads(json.dumps(report.json()))
    assert told["values"] == told["filled"] == report.params
    assert len(told["entries"]) == len(vit().state_dict())


FOLDS = [
    (["a.0.x", "a.1.x", "a.2.x"], ["a.{0..2}.x"]),
    (["a.0.x", "a.2.x"], ["a.{0,2}.x"]),
    (["a.0.0", "a.0.1", "a.1.0", "a.1.1"], ["a.{0..1}.{0..1}"]),
    (["a.0.0", "a.1.0", "a.1.1"], ["a.0.0", "a.1.{0..1}"]),
    (["stage1.x", "stage2.x"], ["stage1.x", "stage2.x"]),
    ([f"a.{'9' * 5000}", "a.1"], [f"a.{'9' * 157}…", "a.1"]),
]


@pytest.mark.parametrize(("names", "folded"), FOLDS)
def test_ranges_fold(names: list[str], folded: list[str]) -> None:
    report = LoadReport("m", "f", "s", tuple(Entry("MATCHED", name, (name,), (2,)) for name in names))
    assert [row[1] for row in report.rows()] == folded
    assert [row[2] for row in report.rows()] == folded


def test_a_hundred_percent_is_all() -> None:
    entries = (Entry("MATCHED", "a", ("a",), (99_999,)), Entry("MISSING", "b", (), (1,)))
    assert "99.9 % of 100,000" in LoadReport("m", "f", "s", entries).summary


def test_a_checkpoint_of_a_training_run_with_its_arguments_loads(tmp_path: Path) -> None:
    """DeiT's and timm's trainers keep an argparse.Namespace beside the model."""
    model = archspec.build(SPEC, overrides=SMALL)
    file = tmp_path / "checkpoint.pth"
    torch.save({"model": model.state_dict(), "epoch": 3, "args": Namespace(lr=1e-3, data="folder")}, file)
    report = load_weights(archspec.build(SPEC, overrides=SMALL), file)
    assert report.filled == report.params and "the entry model" in " ".join(report.notes)
