"""What the generators of tests/support/attack make, in small, and what archspec says to it; tools/attack goes on."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import archspec
from tests.support.attack import trial
from tests.support.attack.bombs import BOMBS
from tests.support.attack.checkpoints import hostile
from tests.support.attack.faults import Fault
from tests.support.attack.grammar import emit, specimen
from tests.support.attack.worker import bounded, each

ROOT = Path(__file__).parent.parent.parent
ALWAYS_TOLD = """
a tab; alias unknown; another type; brace unclosed; bracket too many; bracket unclosed; bracket unopened; colon missing;
colon missing before more; control character; default unknown; expression broken; field misspelt; field missing;
heads too many; key of a node misspelt; key twice; name unknown; one space less; one space more; output unknown;
owner of a share broken; param broken; percent sign; quote unclosed; repeat misspelt; reserved sign; share unknown;
source unknown; space behind the colon missing; tag; top key misspelt; word misspelt
"""
TOLD = frozenset(kind.strip() for kind in ALWAYS_TOLD.split(";"))
SMALL = {"shared reads": 6, "doubling blocks": 4, "aliases": 3, "records": 30, "nested blocks": 6}


def busy() -> None:
    while True:
        pass


def test_the_same_seed_gives_the_same_spec_and_another_seed_another() -> None:
    assert specimen(7) == specimen(7)
    assert specimen(7).data != specimen(8).data


@pytest.mark.parametrize("seed", range(20))
def test_a_text_says_what_the_data_say_and_every_key_stands_on_its_line(seed: int) -> None:
    data = specimen(seed).data
    text, places = emit(data)
    assert yaml.load(text, yaml.CSafeLoader)["graph"].keys() == data["graph"].keys()
    lines = text.split("\n")
    for path, number in places.items():
        assert lines[number - 1].strip().startswith((path[-1], f'"{path[-1]}"'))


@pytest.mark.parametrize("seed", range(40))
def test_valid_specs_load_with_the_shapes_that_the_grammar_counts(seed: int, tmp_path: Path) -> None:
    assert trial.valid(seed, tmp_path) == trial.Verdict("valid")


@pytest.mark.parametrize("seed", range(1000, 1015))
def test_torch_agrees_about_every_node(seed: int, tmp_path: Path) -> None:
    assert trial.computed(seed, tmp_path) == trial.Verdict("agreed")


def test_another_shape_than_the_grammar_counts_is_a_disagreement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = specimen(3)
    wrong = {name: (*sizes, 1) for name, sizes in subject.outputs.items()}
    monkeypatch.setattr(trial, "specimen", lambda _seed: type(subject)(3, subject.data, wrong))
    assert trial.valid(3, tmp_path).kind == "disagreement"


def test_single_faults_are_refused_and_most_at_their_line(tmp_path: Path) -> None:
    flaws = [flaw for seed in range(240) if (flaw := trial.fault_of(seed))]
    assert len({flaw.kind for flaw in flaws}) > 25
    for flaw in flaws:
        verdict = trial.judged(flaw, tmp_path)
        assert verdict.kind in (("told",) if flaw.kind in TOLD else ("told", "told elsewhere")), verdict.wrong


def test_a_fault_that_is_none_and_one_at_another_line_are_noticed(tmp_path: Path) -> None:
    text, places = emit(specimen(5).data)
    assert trial.judged(Fault("none", text, frozenset({1})), tmp_path).kind == "accepted"
    broken = text.replace("archspec: 1", "archspec: 99")
    assert trial.judged(Fault("version", broken, frozenset({places["graph",]})), tmp_path).kind == "told elsewhere"
    assert trial.judged(Fault("version", broken, frozenset({places["archspec",]})), tmp_path).kind == "told"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("target") / "spec.yaml"
    path.write_text(trial.MODEL)
    return archspec.build(path, device="cpu")


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_no_checkpoint_runs_code_and_damaged_ones_leave_the_model_as_it_is(model: Any, tmp_path: Path) -> None:
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    spoilt = list(hostile(state, tmp_path, random.Random(0)))
    assert len(spoilt) > 100
    for item in spoilt:
        verdict = trial.checkpoint(model, item.name, item.weights, tmp_path / "ran")
        assert verdict.kind in ("loaded", "refused"), (item.name, verdict.wrong)


def test_code_that_runs_is_noticed(model: Any, tmp_path: Path) -> None:
    (tmp_path / "ran").touch()
    assert trial.checkpoint(model, "code", {}, tmp_path / "ran").kind == "code ran"


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_of_a_harmless_size_get_an_answer(name: str, tmp_path: Path) -> None:
    make, _ = BOMBS[name]
    assert trial.thrown(make(SMALL.get(name, 8)), tmp_path) in (0, 1)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_worker_survives_what_it_is_given() -> None:
    assert bounded(lambda: 7).value == 7
    assert "ZeroDivisionError" in bounded(lambda: 1 / 0).value
    assert "MemoryError" in bounded(lambda: bytearray(2**31)).value
    assert bounded(lambda: sys.exit(3)).how == "raised"
    results = list(each([lambda: 1, busy, lambda: 3], seconds=0.2))
    assert [result.how for result in results] == ["returned", "slow", "returned"]
    assert [result.value for result in results] == [1, "0.2 s of CPU", 3]


def test_the_tool_prints_its_figures() -> None:
    words = [sys.executable, str(ROOT / "tools/attack"), "0.1", "1"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert "crashes" in done.stdout and "told at their line" in done.stdout, done.stderr
