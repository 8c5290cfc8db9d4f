"""A verb that only reads a spec loads nothing that explains, writes, or describes the language."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNUSED = [
    "archspec.language.document.syntax",
    "archspec.language.document.write",
    "archspec.language.explain",
    "archspec.language.schema",
]
VALIDATE = """
import sys
from archspec.cli import main
code = main(["validate", "specs/cvt.yaml", "--quiet"])
print(*sys.modules, sep="\\n", file=sys.stderr)
sys.exit(code)
"""


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    words = [sys.executable, "-c", VALIDATE]
    process = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    return set(process.stderr.split())


@pytest.mark.parametrize("module", UNUSED)
def test_validate_does_not_load_what_it_does_not_use(module: str, loaded: set[str]) -> None:
    assert "archspec.language.document.parse" in loaded
    assert module not in loaded
