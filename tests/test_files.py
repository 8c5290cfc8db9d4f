"""Files are replaced as a whole: a reader, or a run that fails, never meets a part of one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from archspec.files import replacing, write

ROOT = Path(__file__).parents[1]


def test_a_file_is_replaced_with_the_rights_of_a_new_one(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    for data in ("ä", b"b"):
        write(file, data)
        assert file.read_bytes() == (data.encode() if isinstance(data, str) else data)
    (tmp_path / "new").touch()
    assert file.stat().st_mode == (tmp_path / "new").stat().st_mode


def fill_half(file: Path) -> None:
    """A write that is stopped in the middle."""
    with replacing(file) as aside:
        aside.write_text("half of the n")
        raise KeyboardInterrupt


def test_a_write_that_fails_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    write(file, "old")
    with pytest.raises(KeyboardInterrupt):
        fill_half(file)
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "nowhere" / "a.txt", "text")


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "old")
    (tmp_path / "link").symlink_to("a.txt")
    write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "a.txt").read_text() == "new"


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    code = "from pathlib import Path; from archspec.files import write; write(Path('pipe'), 'text')"
    os.mkfifo(tmp_path / "pipe")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=environment) as process:
        text = subprocess.run(["cat", "pipe"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=20)
        assert text.stdout == "text"
        assert process.wait(20) == 0


OUTPUTS = {
    "sweep": ("points/cvt_13-1.yaml", ["sweep", "cvt_13", "--set", "params.classes=10", "-q", "-o", "points"]),
    "render": ("cvt.svg", ["render", "cvt_13", "-o", "cvt.svg"]),
    "diff": ("diff.md", ["diff", "cvt_13", "cvt_21", "-o", "diff.md"]),
    "schema": ("schema.json", ["schema", "-o", "schema.json"]),
    "init": ("my.yaml", ["init", "my.yaml"]),
    "build": ("vit/spec.yaml", ["build", "vit_tiny_patch16_224", "--device", "meta", "-q", "-o", "vit"]),
}


@pytest.mark.parametrize("verb", OUTPUTS)
def test_every_output_appears_whole(verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of the folder is ever opened for writing by its own name."""
    from archspec.cli import main

    monkeypatch.chdir(tmp_path)
    file, words = OUTPUTS[verb]
    renamed = []
    replace = Path.replace

    def note(self: Path, target: Path) -> Path:
        renamed.append(Path(target).relative_to(tmp_path).as_posix())
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", note)
    assert main(words) in (0, 1)
    assert file in renamed
    assert set(renamed) == {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
