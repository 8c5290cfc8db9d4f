"""Broken specs and what a person reads about them, to the letter. `tools/golden` writes the files; read them then."""

from __future__ import annotations

from pathlib import Path

import pytest

from archspec.cli import main

FOLDER = Path(__file__).parents[1] / "golden" / "broken"
SPECS = sorted(path.name for path in FOLDER.glob("*.yaml"))


@pytest.mark.parametrize("name", SPECS)
def test_a_broken_spec_says_what_is_wrong(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOLDER)
    assert main(["validate", name]) == 1
    assert capsys.readouterr().err == Path(name).with_suffix(".txt").read_text(encoding="utf-8")


def test_there_are_many() -> None:
    assert len(SPECS) >= 40


def test_what_is_no_file_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder.yaml").mkdir()
    Path("loop.yaml").symlink_to("loop.yaml")
    with open("large.yaml", "wb") as file:
        file.truncate(100 * 2**20)
    for name, word in {
        "folder.yaml": "file-directory",
        "absent.yaml": "file-missing",
        "loop.yaml": "file-unreadable",
        "large.yaml": "yaml-too-large",
        "no_such_variant": "file-missing",
    }.items():
        assert main(["validate", name]) == 1
        assert f"error[{word}]" in capsys.readouterr().err
