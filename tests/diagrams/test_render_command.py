"""`archspec render`: pictures that keep the command which drew them, and are checked against it."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from archspec.cli import main
from archspec.diagrams import Recipe
from archspec.errors import SpecError

ROOT = Path(__file__).parents[2]
SPEC = """
archspec: 1
name: small
params: {classes: 10}
inputs: {image: {channels: 3, size: 32}}
graph:
  patch_embed: {block: patch_embed, patch: 8, dim: 48}
  blocks: {block: encoder_layer, repeat: 2, attention: {block: self_attention, heads: 3}}
  pool: {block: mean_pool}
  head: {block: linear, features: $classes}
outputs: {logits: head}
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("specs").mkdir()
    file = Path("specs/small.yaml")
    file.write_text(SPEC, encoding="utf-8")
    return file


COMMANDS = [
    "",
    "--depth all --theme auto",
    "--set params.classes=20 --expand blocks --collapse blocks.mlp --direction LR",
    "--theme paper --shapes all --costs params --costs macs --heat macs --no-legend",
    "--title 'A & B <c>' --caption ''",
]


@pytest.mark.parametrize("options", COMMANDS)
def test_a_picture_is_drawn_anew_as_it_was(spec: Path, options: str, capsys: pytest.CaptureFixture[str]) -> None:
    picture = Path("docs/pictures/small.svg")
    assert main(["render", str(spec), *shlex.split(options), "-o", str(picture)]) == 0
    drawn = picture.read_bytes()
    assert b"archspec render ../../specs/small.yaml" in drawn
    assert main(["render", "--check", str(picture)]) == 0
    assert main(["render", "--check", "docs"]) == 0
    assert main(["render", str(spec), *shlex.split(options), "-o", str(picture), "--check"]) == 0
    spec.write_text(SPEC.replace("heads: 3", "heads: 4"), encoding="utf-8")
    for words in (["docs"], [str(picture)], [str(spec), *shlex.split(options), "-o", str(picture)]):
        capsys.readouterr()
        assert main(["render", "--check", *words]) == 1
        assert picture.read_bytes() == drawn
    said = capsys.readouterr().err
    assert said.startswith("docs/pictures/small.svg is stale")
    repair = shlex.split(said.splitlines()[1])
    assert repair[:2] == ["archspec", "render"]
    assert main(repair[1:]) == 0
    assert picture.read_bytes() != drawn
    assert main(["render", "--check", "docs"]) == 0


@pytest.mark.parametrize("suffix", ["dot", "mmd", "svg"])
def test_a_missing_picture_is_stale(spec: Path, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    picture = Path(f"small.{suffix}")
    assert main(["render", str(spec), "--depth", "2", "-o", str(picture), "--check", "--json"]) == 1
    (told,) = json.loads(capsys.readouterr().out)["stale"]
    assert told["state"] == "missing"
    assert not picture.exists()
    assert main(shlex.split(told["repair"])[1:]) == 0
    assert main(["render", str(spec), "--depth", "2", "-o", str(picture), "--check", "-q"]) == 0
    assert capsys.readouterr().out == ""


def test_one_broken_spec_does_not_hide_what_is_stale(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = spec.with_name("broken.yaml")
    for file in (spec, broken):
        file.write_text(SPEC, encoding="utf-8")
        assert main(["render", str(file), "-o", f"{file.stem}.svg"]) == 0
    spec.write_text(SPEC.replace("heads: 3", "heads: 4"), encoding="utf-8")
    broken.write_text(SPEC.replace("heads: 3", "heads: 5"), encoding="utf-8")
    assert main(["render", "--check", "."]) == 1
    said = capsys.readouterr().err
    assert "small.svg is stale" in said
    assert "specs/broken.yaml:8:" in said and "heads=5 does not divide" in said


def test_folders_pass_foreign_pictures_by(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("logo.svg").write_text("<svg/>", encoding="utf-8")
    Path(".venv").mkdir()
    Path(".venv/cvt.svg").write_text("<metadata>archspec render nothing</metadata>\n", encoding="utf-8")
    assert main(["render", str(spec), "-o", "small.svg"]) == 0
    assert main(["render", "--check", "."]) == 0
    assert capsys.readouterr().out == "1 picture: fine\n"
    assert main(["render", "--check", "logo.svg"]) == 1
    assert "does not say what it was drawn from" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ("small.yaml --depth 1 --allow-python", "said by who runs archspec"),
        ("small.yaml --output /etc/passwd", "unrecognized arguments"),
        ("small.yaml --theme pink", "invalid choice"),
        ("small.yaml 'open", "No closing quotation"),
        ("gone.yaml", "no file gone.yaml|gone.yaml"),
    ],
)
def test_a_picture_cannot_ask_for_more_than_a_picture(
    spec: Path, record: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("x.svg").write_text(f"<svg><metadata>archspec render {record}</metadata>\n</svg>", encoding="utf-8")
    assert main(["render", "x.svg"]) == 1
    assert re.search(said, capsys.readouterr().err)
    assert main(["render", "missing.svg", "--check"]) == 1


def test_packaged_specs_are_recorded_by_name(spec: Path) -> None:
    assert main(["render", "cvt_21", "--depth", "0", "-o", "cvt.svg"]) == 0
    assert "<metadata>archspec render cvt_21 --depth 0</metadata>" in Path("cvt.svg").read_text(encoding="utf-8")


def test_a_recipe_survives_its_words() -> None:
    words = shlex.split("a.yaml#b --variant c --set x=1 --set y=2 --depth all --title '' --no-legend --heat macs")
    recipe = Recipe.read(words)
    assert Recipe.read(recipe.words()) == recipe
    with pytest.raises(SpecError):
        Recipe.read(["a.yaml", "--depths", "1"])


@pytest.mark.parametrize(
    "words", ["a.yaml b.yaml", "small.yaml --check", "small.yaml --expand nothing", "small.yaml -o a.jpg"]
)
def test_what_cannot_be_is_a_sentence(spec: Path, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", *(word.replace("small", "specs/small") for word in words.split())]) == 1
    assert capsys.readouterr().err.startswith("error[")


def test_the_hooks_run(spec: Path) -> None:
    """What pre-commit would run, on the files that it would give."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert main(["render", str(spec), "-o", "small.svg"]) == 0
    commands = []
    for hook in hooks:
        files = [str(spec)] if hook.get("pass_filenames", True) else []
        line: list[str] = [*shlex.split(hook["entry"]), *hook.get("args", []), *files]
        program, *words = line
        assert program == "archspec"
        assert main(words) == 0, words
        commands.append(words)
    spec.write_text(SPEC.replace("heads: 3", "heads: 5"), encoding="utf-8")
    assert [main(words) for words in commands] == [1, 1]


def test_a_terminal_is_shown_no_markup(
    spec: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    for words in ([], ["--format", "pdf"]):
        assert main(["render", str(spec), *words]) == 1
        output = capsys.readouterr()
        assert output.out == "" and "a terminal shows no pictures" in output.err and "-o small." in output.err


def test_what_is_written_is_said(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", str(spec), "-o", "new/in/small.svg"]) == 0
    assert capsys.readouterr().err == "new/in/small.svg is drawn, in the new folder new\n"
    assert main(["render", str(spec), "-o", "new/in/small.svg"]) == 0
    assert capsys.readouterr().err == "new/in/small.svg is drawn\n"
    assert main(["render", str(spec), "-q", "-o", "new/in/small.svg"]) == 0
    assert capsys.readouterr().err == ""


def test_a_spec_is_never_drawn_over(spec: Path) -> None:
    assert main(["render", str(spec), "--format", "svg", "-o", str(spec)]) == 2
    assert spec.read_text(encoding="utf-8") == SPEC
