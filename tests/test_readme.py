"""The README's examples, run as a reader would: files are saved as their first line says, commands are typed."""

from __future__ import annotations

import io
import re
import shlex
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from archspec.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FENCES = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def run(line: str) -> str:
    """What a command prints."""
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        main(shlex.split(line)[1:])
    return said.getvalue()


def test_the_readme_says_what_happens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for _, text in FENCES:
        name = re.match(r"# (\S+\.(?:yaml|py))\n", text)
        if name:
            Path(name[1]).write_text(text, encoding="utf-8")
    for kind, text in FENCES:
        if kind == "python" and not text.startswith("# "):
            exec(compile(text, "README.md", "exec"), {})
        if kind == "console":
            for command, said in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE):
                assert run(command) == said, command
