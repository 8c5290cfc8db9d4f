"""Small specs that would take long: each gets an answer within about two seconds of work; tools/growth times them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from archspec.cli import main
from archspec.errors import SpecError
from archspec.language import load
from archspec.language.explain import explain
from archspec.weights.rules import dialects
from tests.support.attack import trial
from tests.support.attack.bombs import BOMBS, TINY
from tests.support.work import soon


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_gets_an_answer_in_two_seconds(name: str, tmp_path: Path) -> None:
    make, size = BOMBS[name]
    trial.thrown(make(2), tmp_path)  # what it imports counts for nobody
    assert soon(partial(trial.thrown, make(size), tmp_path)) in (0, 1)


def refused(path: Path) -> str:
    with pytest.raises(SpecError) as caught:
        load(path)
    assert all(problem.mark for problem in caught.value.problems)
    return str(caught.value)


def test_all_variants_share_the_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, size = BOMBS["heavy variants"]
    path = tmp_path / "spec.yaml"
    path.write_text(make(size).files["spec.yaml"])
    assert load(path, "v7")
    assert main(["validate", str(path), "--all"]) == 1
    assert "the variants take more than 1,000,000 steps" in capsys.readouterr().err
    path.write_text(make(3).files["spec.yaml"])
    assert main(["validate", str(path), "--all"]) == 0


def test_all_expressions_of_rules_share_the_steps(tmp_path: Path) -> None:
    make, size = BOMBS["heavy rules"]
    (tmp_path / "w.yaml").write_text(make(size).files["w.yaml"])
    dialect = dialects(tmp_path / "w.yaml")["official"]
    assert len(dialect.links(["a.0.weight", "a.0.bias"], {})) == 2
    with pytest.raises(SpecError, match="the rules take more than 1,000,000 steps") as caught:
        dialect.links([f"a.{number}.weight" for number in range(size)], {})
    assert caught.value.problems[0].mark


SPENT = {
    "sums": "takes more than 1,000,000 steps",
    "lists": "takes more than 1,000,000 steps",
    "expressions": "takes more than 1,000,000 steps",
    "expected sums": "takes more than 1,000,000 steps",
    "long defaults": "takes more than 1,000,000 steps",
    "doubled lists": "holds more than 100,000 values",
    "nested lists": "is nested deeper than 50 levels",
    "nested blocks": "nested deeper than 50 levels",
    "misspelt params": "did you mean",
}


@pytest.mark.parametrize(("name", "sentence"), SPENT.items(), ids=SPENT)
def test_what_is_too_much_is_refused_in_a_sentence_with_its_place(name: str, sentence: str, tmp_path: Path) -> None:
    make, size = BOMBS[name]
    path = tmp_path / "spec.yaml"
    path.write_text(make(size).files["spec.yaml"])
    with pytest.raises(SpecError) as caught:
        load(path, "v" if "variants" in path.read_text() else None)
    assert sentence in str(caught.value)
    assert all(problem.mark for problem in caught.value.problems)


def test_the_steps_of_one_load_are_not_those_of_the_next(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    term = " + ".join(["sum(range(9999))"] * 5)
    path.write_text(TINY + "params:\n" + "".join(f"  p{number}: $({term})\n" for number in range(4)))
    for _ in range(4):
        load(path)
        assert explain(path, "params.p3").value == 5 * sum(range(9999))


DEEP = 45
W = "  w: {params: {s: slot}, graph: {in_: {block: $s}}}\n"


def test_blocks_in_slots_and_in_each_other_are_bounded_together(tmp_path: Path) -> None:
    slots = "{block: w, s: " * DEEP + "{block: layer_norm}" + "}" * DEEP
    path = tmp_path / "spec.yaml"
    graph = "graph: {a: {block: linear, features: 4}}"
    path.write_text(TINY.replace(graph, f"blocks:\n{W}graph:\n  a: {slots}"))
    assert load(path).find("a." + "in_." * (DEEP - 1) + "in_").block.word == "layer_norm"
    chain = "".join(
        f"  b{number}: {{graph: {{in_: {slots.replace('layer_norm', f'b{number + 1}')}}}}}\n" for number in range(9)
    )
    chain += "  b9: {graph: {in_: {block: layer_norm}}}\n"
    path.write_text(TINY.replace(graph, f"blocks:\n{W}{chain}graph:\n  a: {{block: b0}}"))
    assert "nested deeper than 50 levels" in refused(path)
