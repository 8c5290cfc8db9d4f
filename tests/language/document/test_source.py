"""Files that cannot be a spec are refused before they are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archspec.errors import SpecError
from archspec.language.document import read


def test_read_refuses_what_is_no_spec(tmp_path: Path) -> None:
    def code(name: str) -> str:
        with pytest.raises(SpecError) as caught:
            read(tmp_path / name)
        return caught.value.problems[0].code

    (tmp_path / "cvt.yaml").write_bytes("\ufeffa: 1\r\n".encode())
    (tmp_path / "latin").write_bytes(b"a: 1\nb: \xe9")
    (tmp_path / "wide").write_bytes("a: 1".encode("utf-16"))
    (tmp_path / "nul").write_bytes(b"a: \0")
    (tmp_path / "big").write_bytes(b"#" * (2**22 + 1))
    os.symlink(tmp_path / "loop", tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    assert read(tmp_path / "cvt.yaml").text == "a: 1\n"
    assert [code(name) for name in ("cvt.yml", "no/x", ".", "latin", "wide", "nul", "big", "loop", "pipe", "a\0b")] == [
        "file-missing", "file-missing", "file-directory", "file-encoding", "file-encoding", "file-binary",
        "yaml-too-large", "file-unreadable", "file-unreadable", "file-missing",
    ]  # fmt: skip
    with pytest.raises(SpecError, match=r"did you mean cvt\.yaml"):
        read(tmp_path / "cvt.yml")
    with pytest.raises(SpecError, match="byte 8, in line 2, is 0xe9"):
        read(tmp_path / "latin")
