"""An engineer's day: a file of timm's into the spec, and into a variant with other classes, channels and image size."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

import archspec
from archspec.cli import main
from tests.support.peers import timm

EDITED = ("params.classes=17", "inputs.image.channels=12", "inputs.image.size=[320,256]")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("timm") / "levit_256.safetensors"
    save_file(timm("levit_256").state_dict(), str(path))
    return path


def test_a_file_of_timm_s_builds(saved: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "specs/levit.yaml", "--variant", "levit_256", "--weights", str(saved)]) == 0
    output = capsys.readouterr().out
    assert "(timm): 100.0 %" in output
    assert "18,893,876 params" in output


def test_the_same_file_into_an_edited_variant_accounts_for_every_tensor(
    saved: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["weights", "specs/levit.yaml", str(saved), "--variant", "levit_256", "--allow-missing", "head*", "--json"]
    for setting in EDITED:
        words += ["--set", setting]
    assert main(words) == 0
    plan = json.loads(capsys.readouterr().out)
    graph = archspec.load("specs/levit.yaml", "levit_256", EDITED)
    model = archspec.build(graph)
    assert {name for entry in plan["entries"] for name in _ours(entry)} == set(model.state_dict())
    assert {entry["status"] for entry in plan["entries"]} == {"RENAMED", "RESIZED", "KEPT"}
    report = archspec.load_weights(model, saved, allow_missing=["head*"])
    assert "3 → 12 input channels" in str(report)
    assert "14×14 → 20×16" in str(report)
    assert model.eval()(torch.randn(1, 12, 320, 256)).shape == (1, 17)


def test_without_leave_nothing_is_touched(saved: Path) -> None:
    model = archspec.build("specs/levit.yaml", "levit_256", EDITED)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(archspec.SpecError, match="head"):
        archspec.load_weights(model, saved)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def _ours(entry: dict[str, object]) -> list[str]:
    ours = entry["ours"]
    return [ours] if isinstance(ours, str) else list(ours or ())  # type: ignore[call-overload]
