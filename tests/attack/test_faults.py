"""Of the single faults that the generator makes, nearly all are told at their line; tools/attack tries more of them."""

from __future__ import annotations

from collections import Counter
from itertools import count
from pathlib import Path

import pytest

from tests.support.attack import trial

FAULTS = 500
LEAST = 0.99


def test_faults_are_told_at_their_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tally: Counter[str] = Counter()
    missed: list[str] = []
    for seed in count(20_000):
        verdict = trial.fault(seed, tmp_path)
        if verdict.kind != "no fault":
            tally[verdict.kind] += 1
            missed += [f"seed {seed}: {verdict.wrong}"] if verdict.kind != "told" else []
        if tally.total() == FAULTS:
            break
    with capsys.disabled():
        print(f"\n{tally['told'] / FAULTS:.2%} of {FAULTS:,} single faults told at their line")
    assert tally["told"] >= LEAST * FAULTS, "\n\n".join(missed)
    assert not tally["accepted"], "\n\n".join(missed)
