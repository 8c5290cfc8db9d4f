"""The interactive page, in a real browser: it opens, closes, searches and tells, and its lines stay straight."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

import archspec
from tests.diagrams.test_render import SPECS, name, shaped

CVT = next(file for file in SPECS if file.stem == "cvt")

FAULTS = """() => {
  const faults = [];
  const boxes = [...document.querySelectorAll("g.node")].filter(g => !g.querySelector(".frame")).map(g => {
    const { x, y, width, height } = g.querySelector(".outline").getBBox();
    return [g.dataset.path, x, y, x + width, y + height];
  });
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach(b => {
    const apart = a[1] >= b[3] - 0.05 || b[1] >= a[3] - 0.05 || a[2] >= b[4] - 0.05 || b[2] >= a[4] - 0.05;
    if (!apart) faults.push(`${a[0]} on ${b[0]}`);
  }));
  for (const wire of document.querySelectorAll(".wire")) {
    const d = wire.getAttribute("d").replace(/L\\S+ \\S+?Q(\\S+ \\S+) \\S+ [^LQ]+/g, "L$1");
    const at = d.match(/-?[\\d.]+/g).map(Number);
    for (let i = 2; i < at.length; i += 2) {
      const [x1, x2] = [at[i - 2], at[i]].sort((a, b) => a - b);
      const [y1, y2] = [at[i - 1], at[i + 1]].sort((a, b) => a - b);
      if (x2 - x1 > 0.05 && y2 - y1 > 0.05) faults.push(`not straight: ${d}`);
      for (const [path, left, top, right, bottom] of boxes)
        if (x1 < right - 1 && left + 1 < x2 && y1 < bottom - 1 && top + 1 < y2) faults.push(`through ${path}: ${d}`);
    }
  }
  for (const sign of document.querySelectorAll(".more")) {
    const { x, y, width, height } = sign.getBBox();
    for (const text of sign.parentNode.querySelectorAll("text:not(.more)")) {
      const at = text.getBBox();
      const across = at.x < x + width && x < at.x + at.width, along = at.y < y + height && y < at.y + at.height;
      if (across && along) faults.push(`+ on ${text.textContent}`);
    }
  }
  return faults;
}"""


pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1400, "height": 1000}, offline=True)
        page = context.new_page()
        yield page
        browser.close()


@pytest.fixture
def cvt(page: Page, tmp_path: Path) -> Page:
    archspec.render(shaped(CVT), tmp_path / "cvt.html")
    page.goto((tmp_path / "cvt.html").as_uri())
    return page


def opened(page: Page) -> set[str]:
    found = page.evaluate("[...document.querySelectorAll('[aria-expanded=true]')].map(g => g.dataset.path)")
    return set(found)


def data(text: str) -> Any:
    return json.loads(re.findall(r'<script id="data" type="application/json">(.*?)</script>', text, re.DOTALL)[0])


@pytest.mark.parametrize("direction", ["TB", "BT", "LR"])
@pytest.mark.parametrize("file", SPECS, ids=name)
def test_any_set_of_open_composites_is_drawn_well(page: Page, tmp_path: Path, file: Path, direction: str) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    archspec.render(shaped(file), tmp_path / "page.html", direction=direction)
    page.goto((tmp_path / "page.html").as_uri())
    paths = page.evaluate("paths")
    chance = random.Random(direction)
    for share in (0, 0.3, 0.6, 0.9, 1):
        page.evaluate("some => { open = new Set(some); show(); fit(); }", [p for p in paths if chance.random() < share])
        assert page.evaluate(FAULTS) == []
    assert said == []


def test_the_page_has_every_node_of_the_graph_and_needs_no_network(tmp_path: Path) -> None:
    graph = shaped(CVT)
    text = archspec.render(graph, tmp_path / "cvt.html").bytes("html").decode()
    assert (tmp_path / "cvt.html").read_text(encoding="utf-8") == text
    paths = {node["path"] for level in data(text)["levels"].values() for node in level["nodes"]}
    for path, _ in graph.walk():
        number = re.search(r"layers\.(\d+)", path)
        if not number or f"{path[: number.start()]}layers.{number[1]}.norm1" in paths:
            assert path in paths or path.endswith(f"layers.{number[1] if number else ''}")
    assert not re.findall(r"(?:src|href)=|https?://(?!www\.w3\.org)", re.sub(r"base64,[\w+/=]+", "", text))


def test_a_click_opens_and_closes(cvt: Page) -> None:
    before = opened(cvt)
    assert before == {"stage1", "stage2", "stage3"}
    cvt.click('g[data-path="stage3.layers"]')
    assert opened(cvt) == before | {"stage3.layers"}
    cvt.click('g[data-path="stage3.layers"]', position={"x": 12, "y": 12})
    assert opened(cvt) == before


def test_the_keyboard_does_everything(cvt: Page) -> None:
    cvt.focus('g[data-path="stage1.embed"]')
    cvt.keyboard.press("Enter")
    assert "stage1.embed" in opened(cvt)
    assert cvt.evaluate("document.activeElement.dataset.path") == "stage1.embed"
    cvt.keyboard.press("c")
    assert opened(cvt) == set()
    cvt.keyboard.press("]")
    assert opened(cvt) == {"stage1", "stage2", "stage3"}
    cvt.keyboard.press("[")
    assert opened(cvt) == set()
    cvt.keyboard.press("e")
    assert len(opened(cvt)) == len(cvt.evaluate("paths"))
    transform = cvt.get_attribute(".world", "transform")
    cvt.keyboard.press("ArrowDown")
    cvt.keyboard.press("-")
    assert cvt.get_attribute(".world", "transform") != transform


def test_search_opens_the_way_to_what_it_finds(cvt: Page) -> None:
    cvt.keyboard.press("c")
    cvt.keyboard.press("/")
    cvt.keyboard.type("stage2.layers.0.attn.q.conv")
    assert cvt.inner_text("#found") == "1 of 1"
    assert {"stage2", "stage2.layers", "stage2.layers.0.attn", "stage2.layers.0.attn.q"} <= opened(cvt)
    assert cvt.get_attribute(".hit", "data-path") == "stage2.layers.0.attn.q.conv"
    cvt.fill("#search", "no such thing")
    assert cvt.inner_text("#found") == "nothing"


def test_pointing_tells_shape_cost_path_and_line(cvt: Page) -> None:
    cvt.hover('g[data-path="stage3.layers"]')
    told = cvt.inner_text("#tip")
    for words in (
        "stage3.layers",
        "encoder_layer ×10",
        "drop path 0 → 0.1",
        "tokens 197×384, in front cls",
        "17,871,360",
    ):
        assert words in told
    assert re.search(r"line \d+ of .*cvt\.yaml", told)


def test_the_theme_is_switched(cvt: Page) -> None:
    for theme, colour in (("dark", "rgb(15, 20, 26)"), ("light", "rgb(255, 255, 255)")):
        cvt.click("#theme")
        assert cvt.get_attribute("html", "data-theme") == theme
        assert cvt.evaluate("getComputedStyle(document.body).backgroundColor") == colour


def test_a_page_tells_nobody_where_its_maker_keeps_files(tmp_path: Path) -> None:
    for spec in (str(SPECS[0].resolve()), "cvt_13"):
        text = archspec.render(archspec.load(spec)).bytes("html").decode()
        assert re.search(r"\[\"line\",\"\d+ of \w+\.yaml\"\]", text)
        assert str(Path(archspec.__file__).parent) not in text and str(SPECS[0].parent.resolve()) not in text


def test_heat_is_shown_and_told_in_both_themes(page: Page, tmp_path: Path) -> None:
    archspec.render(shaped(CVT), tmp_path / "cvt.html", heat="params")
    page.goto((tmp_path / "cvt.html").as_uri())
    fill = "path => getComputedStyle(node(path).querySelector('.outline')).fill"
    for hot, cold in (
        ("1 1 1", "0.909804 0.454902 0.231373"),
        ("0.101961 0.133333 0.172549", "0.658824 0.278431 0.0588235"),
    ):
        colours = [page.evaluate(fill, path) for path in ("stage1.embed", "stage3.layers")]
        assert colours[0] != colours[1] and all(colour.startswith("color(srgb") for colour in colours)
        samples = page.evaluate(
            "[...document.querySelectorAll('#legend rect')].map(rect => getComputedStyle(rect).fill)"
        )
        assert (samples[0], samples[-1]) == (f"color(srgb {hot})", f"color(srgb {cold})") and len(samples) == 5
        page.click("#theme")
    assert "on a scale of square roots" in page.inner_text("#legend")


def test_a_legend_says_what_colours_are(cvt: Page, tmp_path: Path) -> None:
    assert cvt.inner_text("#legend").split("\n")[:2] == ["embedding", "class token"]
    archspec.render(shaped(CVT), tmp_path / "bare.html", legend=False)
    cvt.goto((tmp_path / "bare.html").as_uri())
    assert not cvt.is_visible("#legend")


def test_another_size_of_the_window_keeps_what_is_seen(cvt: Page) -> None:
    seen = "[view.k, (stage.clientWidth / 2 - view.x) / view.k, (stage.clientHeight / 2 - view.y) / view.k]"
    cvt.keyboard.press("+")
    cvt.keyboard.press("ArrowUp")
    before = cvt.evaluate(seen)
    cvt.set_viewport_size({"width": 900, "height": 700})
    cvt.wait_for_function("room[0] === stage.clientWidth && room[1] === stage.clientHeight && room[0] < 1000")
    assert cvt.evaluate(seen) == pytest.approx(before)
    cvt.keyboard.press("0")
    fitted = cvt.evaluate("view.k")
    cvt.set_viewport_size({"width": 1400, "height": 1000})
    cvt.wait_for_function("room[0] === stage.clientWidth && room[0] > 1000")
    assert cvt.evaluate("view.k") != fitted


@pytest.mark.parametrize("file", SPECS, ids=name)
def test_what_is_opened_pushes_away_only_what_is_beside_it(page: Page, tmp_path: Path, file: Path) -> None:
    """All opened, the page is not much wider than the picture that is laid out as a whole."""
    picture = archspec.render(shaped(file), tmp_path / "page.html", depth="all")
    page.goto((tmp_path / "page.html").as_uri())
    assert page.evaluate("size[2]") <= 1.25 * picture.figure.width


def test_the_page_follows_the_reader_where_asked(page: Page, tmp_path: Path) -> None:
    archspec.render(shaped(CVT), tmp_path / "cvt.html", theme="auto")
    page.emulate_media(color_scheme="dark")
    page.goto((tmp_path / "cvt.html").as_uri())
    assert page.get_attribute("html", "data-theme") == "dark"
    page.emulate_media(color_scheme="light")
