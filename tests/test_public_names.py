"""What `import archspec` gives: each name once, with a docstring, and one version."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

import archspec

ROOT = Path(__file__).parents[1]
NAMES = (
    "Composite DistillationLoss Graph LoadReport Op Problem RuleError Scope SpecError Value build diff explain load "
    "load_weights render report sweep"
)


def test_the_names_are_what_they_were() -> None:
    assert " ".join(archspec.__all__) == NAMES
    assert dir(archspec) == archspec.__all__
    code = "from archspec import *; print(*sorted(name for name in dir() if name[0] != '_'))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout.split() == archspec.__all__


@pytest.mark.parametrize("name", NAMES.split())
def test_every_name_says_what_it_is(name: str) -> None:
    thing = getattr(archspec, name)
    text = thing.__doc__ or ""
    assert text.strip(), f"{name} has no docstring"
    if inspect.isfunction(thing):
        assert re.search(r"\bRaises (?:an? )?(?:nothing|\w+Error)\b", text), f"{name} does not say what it raises"


def test_a_name_stays_what_it_is_when_files_are_imported() -> None:
    """No room or file at the top takes the place of a public name."""
    code = "import archspec, pkgutil; print(*[m.name for m in pkgutil.iter_modules(archspec.__path__)])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300
    )
    assert not set(done.stdout.split()) & set(archspec.__all__)


def test_there_is_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" not in project["project"] and project["project"]["dynamic"] == ["version"]
    text = (ROOT / project["tool"]["hatch"]["version"]["path"]).read_text(encoding="utf-8")
    assert re.findall(r'^__version__ = "(.*)"$', text, re.MULTILINE) == [archspec.__version__]
    assert version("archspec") == archspec.__version__
