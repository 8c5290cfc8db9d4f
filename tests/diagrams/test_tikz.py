"""TikZ: every primitive is there, nothing of a spec is read as a command, and LaTeX sets it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pypdf
import pytest

import archspec
from archspec.cli import main
from archspec.diagrams.figure import Group, Text
from archspec.diagrams.formats.tikz import latex
from archspec.language import load
from tests.diagrams.test_format_laws import parts
from tests.diagrams.test_render import SPECS, name, shaped

DOCUMENT = r"""\documentclass{article}
\usepackage[paperwidth=2000mm,paperheight=5000mm,margin=1mm]{geometry}
\usepackage{tikz}
\begin{document}
%s
\end{document}
"""
NASTY = r"a\b {c} $d$ & #e _f %g ^h ~i <j> × → · … –"


@pytest.mark.parametrize("theme", ["light", "paper"])
@pytest.mark.parametrize("file", SPECS, ids=name)
def test_every_primitive_is_there(file: Path, theme: str) -> None:
    picture = archspec.render(shaped(file), depth=2, theme=theme)
    text, figure = picture.bytes("tikz").decode(), picture.figure
    every = [part for _, part in parts(figure)]
    assert text.count("\n\\path[") == sum(not isinstance(part, Text) for part in every)
    assert text.count("\n\\node[") == sum(isinstance(part, Text) for part in every)
    for word in figure.words():
        assert f"{{{latex(word.text)}}};" in text
    names = re.findall(r"local bounding box=([\w-]+)\]", text)
    assert len(names) == len(set(names)) == sum(isinstance(item, Group) and bool(item.path) for item in figure.items)
    used, defined = set(re.findall(r"=(archspec\d+)", text)), set(re.findall(r"\\definecolor\{(archspec\d+)\}", text))
    assert used == defined


def test_no_word_is_a_command() -> None:
    text = latex(NASTY)
    assert not re.search(r"(?<!\\)[&#_%]", text)
    bare = re.sub(r"\$\\\w+\$|\\[\w]+\{\}|\\[{}$&#_%]|~|--", "", text)
    assert not set(bare) & set("\\{}$&#_%^~<>×→·…–")


def test_a_document_of_somebody_is_not_drawn_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("paper.tex").write_text("\\documentclass{article}\n", encoding="utf-8")
    assert main(["render", "cvt_13", "-o", "paper.tex"]) == 2
    assert Path("paper.tex").read_text(encoding="utf-8") == "\\documentclass{article}\n"
    for _ in range(2):
        assert main(["render", "cvt_13", "-o", "cvt.tex"]) == 0


@pytest.mark.tex
@pytest.mark.parametrize("file", SPECS, ids=name)
def test_latex_sets_it(file: Path, tmp_path: Path) -> None:
    overrides = {"title": NASTY}
    picture = archspec.render(load(file, overrides=overrides), depth=2, costs=["params"])
    (tmp_path / "page.tex").write_text(DOCUMENT % picture.bytes("tikz").decode(), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:]
    (page,) = pypdf.PdfReader(tmp_path / "page.pdf").pages
    words = re.sub(r"\s", "", page.extract_text())
    plain = {word.text for word in picture.figure.words() if word.text.isascii() and word.text.isalpha()}
    assert plain and all(word in words for word in plain)
