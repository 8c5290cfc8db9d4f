"""Specs drawn in documentation: small sites, built by the programs that people build theirs with."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pypdf
import pytest

from archspec.diagrams.look import DARK, LIGHT, css
from archspec.errors import SpecError
from archspec.integrations import OPTIONS, draw

ROOT = Path(__file__).parents[2]
SPEC = """
archspec: 1
name: small
inputs: {image: {channels: 3, size: 32}}
graph:
  patch_embed: {block: patch_embed, patch: 8, dim: 48}
  blocks: {block: encoder_layer, repeat: 2, attention: {block: self_attention, heads: 3}}
  pool: {block: mean_pool}
  head: {block: linear, features: 10}
outputs: {logits: head}
default: base
variants:
  base: {}
  deep: {graph: {blocks: {repeat: 7}}}
"""
BROKEN = SPEC.replace("heads: 3", "heads: 5")

RST = """
Title
=====

.. toctree::

   page

.. archspec:: ../specs/small.yaml
   :variant: deep
   :depth: 0
   :theme: auto
   :set: "inputs.image={channels: 3, size: 64}"
   :caption: The *deep* one
   :name: deep
   :class: wide

See :numref:`deep`.
"""
MYST = """
# Page

```{archspec} /../specs/small.yaml#deep
:depth: 1
:theme: dark
:collapse: blocks
```

```{archspec} vit_tiny_patch16_224
:depth: 0
```
"""
MARKDOWN = """
# Title

```archspec
specs/small.yaml
:variant: deep
:depth: 0
:theme: auto
:set: "inputs.image={channels: 3, size: 64}"
:caption: The <deep> one
```

- a list

    ```archspec
    vit_tiny_patch16_224
    :depth: 0
    ```

````md
```archspec
not drawn
```
````
"""
CONF = """
project = "site"
extensions = ["archspec.integrations.sphinx", "myst_parser"]
numfig = True
"""
EXTENSION = """
site_name: site
markdown_extensions: [archspec.integrations.markdown, pymdownx.superfences]
"""
PYTHON = [sys.executable, "-m"]
SPHINX = [*PYTHON, "sphinx", "-q"]
MKDOCS = [*PYTHON, "mkdocs", "build", "-q"]
MARK = [*PYTHON, "markdown", "-x", "archspec.integrations.markdown", "-x", "fenced_code", "-f", "site/index.html"]
PAGE = {"docs/index.md": MARKDOWN}
SITES = {
    "sphinx": ([*SPHINX, "-W", "docs", "site"], {"docs/conf.py": CONF, "docs/index.rst": RST, "docs/page.md": MYST}),
    "mkdocs": ([*MKDOCS, "--strict"], {**PAGE, "mkdocs.yml": EXTENSION}),
    "zensical": ([*PYTHON, "zensical", "build", "-c"], {**PAGE, "mkdocs.yml": EXTENSION}),
    "markdown": ([*MARK, "docs/index.md"], {**PAGE, "site/index.html": ""}),
}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def build(folder: Path, command: list[str]) -> subprocess.CompletedProcess[str]:
    there = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "PYTHONWARNINGS": "", "LANG": "C.UTF-8"}
    return subprocess.run(command, cwd=folder, env=there, capture_output=True, text=True, check=False, timeout=120)


class Reader(HTMLParser):
    """The pictures of a page, each with the nodes in it; ids, and the figures' captions."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.pictures: list[list[str]] = []
        self.ids: list[str] = []
        self.captions = re.findall(r"<figcaption>(.*?)</figcaption>", text, re.DOTALL)
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        if tag == "svg" and "archspec-" in (about.get("class") or ""):
            self.pictures.append([])
        if "data-path" in about:
            self.pictures[-1].append(str(about["data-path"]))
        if about.get("id"):
            self.ids.append(str(about["id"]))


@pytest.mark.parametrize("site", SITES)
def test_a_site_shows_its_specs(site: str, tmp_path: Path) -> None:
    command, files = SITES[site]
    write(tmp_path, {**files, "specs/small.yaml": SPEC})
    done = build(tmp_path, command)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "site/index.html").read_text(encoding="utf-8")
    page = Reader(text)
    deep = ["image", "patch_embed", "blocks", "pool", "head", "outputs.logits"]
    assert page.pictures[0] == deep
    assert "3×64×64" in text and "encoder layer ×7" in text and "light-dark(" in text
    assert len(page.ids) == len(set(page.ids))
    (caption,) = page.captions
    if site == "sphinx":
        assert "<em>deep</em>" in caption and "Fig. 1" in caption
        page = Reader((tmp_path / "site/page.html").read_text(encoding="utf-8"))
        assert "patch_embed.proj" in page.pictures[0] and "blocks.attn" not in page.pictures[0]
    else:
        assert caption == "The &lt;deep&gt; one"
        assert "not drawn" in text
    assert len(page.pictures) == 2
    assert "cls" in page.pictures[1]


@pytest.mark.parametrize("site", SITES)
def test_a_wrong_spec_fails_the_build_with_its_place(site: str, tmp_path: Path) -> None:
    command, files = SITES[site]
    command = [word for word in command if word not in ("-W", "--strict")]
    write(tmp_path, {**files, "specs/small.yaml": BROKEN})
    done = build(tmp_path, command)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert re.search(r"specs/small\.yaml:7:\d+: error\[divisible\]: heads=5 does not divide the 48 channels", said), (
        said
    )
    assert "Traceback" not in said
    assert 'File "' not in said


def test_sphinx_tells_all_faults_and_sees_them_mended(tmp_path: Path) -> None:
    write(tmp_path, {**SITES["sphinx"][1], "specs/small.yaml": BROKEN})
    command = [*SPHINX, "docs", "site"]
    for _ in range(2):  # a page that is not changed says it again
        done = build(tmp_path, command)
        assert done.returncode == 1
        assert done.stderr.count("error[divisible]") == 2
        assert "docs/index.rst:9: ERROR" in done.stderr and "docs/page.md:4: ERROR" in done.stderr
    write(tmp_path, {"specs/small.yaml": SPEC})
    assert build(tmp_path, command).returncode == 0
    write(tmp_path, {"specs/small.yaml": SPEC.replace("repeat: 7", "repeat: 9")})
    assert build(tmp_path, command).returncode == 0
    assert "encoder layer ×9" in (tmp_path / "site/index.html").read_text(encoding="utf-8")


def test_latex_has_every_picture_as_pdf(tmp_path: Path) -> None:
    write(tmp_path, {**SITES["sphinx"][1], "specs/small.yaml": SPEC})
    assert build(tmp_path, [*SPHINX, "-W", "-b", "latex", "docs", "latex"]).returncode == 0
    text = (tmp_path / "latex/site.tex").read_text(encoding="utf-8")
    names = re.findall(r"\\sphinxincludegraphics\{(archspec-\w+\.pdf)\}", text)
    words = [pypdf.PdfReader(tmp_path / "latex" / name).pages[0].extract_text() for name in names]
    assert len(words) == 3
    for text in ("3×64×64", "conv 8×8 /8", "encoder layer ×12"):  # those of one picture each
        assert sum(text in page for page in words) == 1, text


def test_builders_without_pictures_name_the_spec(tmp_path: Path) -> None:
    write(tmp_path, {**SITES["sphinx"][1], "specs/small.yaml": SPEC})
    for builder in ("text", "man", "texinfo"):
        assert build(tmp_path, [*SPHINX, "-W", "-b", builder, "docs", builder]).returncode == 0
    assert "[vit_tiny_patch16_224]" in (tmp_path / "text/page.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"deepth": "1"}, "no option deepth"),
        ({"depth": "x"}, "depth takes a number or all"),
        ({"theme": "pink"}, "invalid choice"),
        ({"expand": "nothing"}, "no node nothing"),
        ({"set": "params.x=1"}, "params.x is not there"),
        ({"set": "'open"}, "no closing quotation"),
        ({"variant": "nothing"}, "no variant nothing"),
    ],
)
def test_what_a_page_cannot_ask_for_is_a_sentence(options: dict[str, str], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        draw("cvt", options)


def test_every_option_is_one_of_render() -> None:
    usual = {"variant": "cvt_21", "set": "params.classes=10", "depth": "all", "expand": "stage1", "collapse": "stage2",
             "direction": "LR", "theme": "paper", "shapes": "none", "costs": "params macs", "heat": "macs",
             "root": "stage3", "hide": "drop_path layout", "width": "textwidth", "height": "9in", "min-font": "1pt",
             "legend": "no", "title": "A title", "caption": "C"}  # fmt: skip
    assert usual.keys() == set(OPTIONS)
    svg = draw("cvt", usual)
    assert "A title" in svg and "archspec-paper" in svg and "\n" not in svg


def test_light_and_dark_follow_the_page() -> None:
    """Each rule of both themes is there, in one."""
    svg = draw("cvt", {"theme": "auto", "depth": "0"})
    (both,) = re.findall(r"@supports \(color:light-dark\(red,red\)\)\{(.*?\})\}", svg)
    assert "prefers-color-scheme" not in svg
    for place, theme in ((1, LIGHT), (2, DARK)):
        assert re.sub(r"light-dark\((.*?),(.*?)\)", rf"\{place}", both) == css(
            theme, "archspec-auto", colours_only=True
        )
