"""Blocks of one's own: in Python beside the spec, in other packages, in YAML files; and the faults in them."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
import torch

from archspec.analysis import report
from archspec.cli import main
from archspec.compiler import build
from archspec.errors import SpecError
from archspec.language import load
from archspec.language.words import vocabulary
from tests.support.origins import origin_of

SPEC = """
archspec: 1
name: mine
use: [{file}]
inputs: {{image: {{channels: 3, size: 8}}}}
graph:
  a: {{block: {block}}}
  pool: {{block: mean_pool}}
outputs: {{y: pool}}
"""
GOOD = '''
from typing import ClassVar
from torch import nn
from archspec.graph.block import Composite, Op, Size, Value
from archspec.graph.shape import Cost, Image, Tokens


class Blur(Op):
    """A convolution of which nothing but the module is said."""

    examples: ClassVar = [({"width": 4}, Image(3, 8, 8))]
    width: Size
    """Channels."""

    def build(self, x: Image) -> nn.Module:
        return nn.Sequential(nn.Conv2d(x.c, self.width, 3, padding=1), nn.BatchNorm2d(self.width))


class Twice(Composite):
    """Two of them."""

    examples: ClassVar = [({}, Image(3, 8, 8))]

    def expand(self, scope, x: Value[Image]) -> Value[Image]:
        return scope("second", Blur(width=5), scope("first", Blur(width=4), x))
'''
BAD = '''
from typing import ClassVar
from torch import nn
from archspec.graph.block import Op
from archspec.graph.shape import Cost, Image


class Liar(Op):
    """Says that it costs nothing."""

    examples: ClassVar = [({}, Image(3, 8, 8))]

    def infer(self, x: Image) -> Image:
        return x

    def cost(self, x: Image) -> Cost:
        return Cost(params=7)

    def build(self, x: Image) -> nn.Module:
        return nn.Conv2d(x.c, x.c, 3, padding=1)


class Shy(Op):

    def build(self, x: Image) -> nn.Module:
        return nn.Identity()


class Torn(Op):
    """Does not fit its own example."""

    examples: ClassVar = [({}, Image(3, 8, 8))]

    def build(self, x: Image) -> nn.Module:
        return nn.Linear(5, 5)
'''
LIBRARY = """
archspec: 1
doc: Blocks that several specs share.
blocks:
  widen:
    doc: A linear map and its activation.
    params: {by: {type: int, default: 2, doc: How many times as wide.}}
    graph: {grow: {block: linear, features: $(by * 8)}, act: {block: activation, kind: gelu}}
"""


def spec(folder: Path, file: str, block: str, text: str | None = None) -> Path:
    if text is not None:
        (folder / file).write_text(text)
    (folder / "spec.yaml").write_text(SPEC.format(file=file, block=block))
    return folder / "spec.yaml"


def test_a_block_that_only_builds_is_probed(tmp_path: Path) -> None:
    path = spec(tmp_path, "mine.py", "blur, width: 6", GOOD)
    graph = load(path, allow_python=True)
    node = graph.nodes["a"]
    # 3·6·9 + 6 of the convolution, 2·6 of the norm; buffers: two means and the count
    assert (node.shape.sizes, node.cost.params, node.cost.buffers) == ((6, 8, 8), 180, 13)
    assert node.cost.macs == 3 * 6 * 9 * 64
    assert "blur, probed" in str(report(graph))
    model = build(path, allow_python=True)
    assert model(torch.zeros(2, 3, 8, 8)).shape == (2, 6)


def test_probed_blocks_stand_in_composites(tmp_path: Path) -> None:
    graph = load(spec(tmp_path, "mine.py", "twice", GOOD), allow_python=True)
    assert graph.find("a.second").shape.sizes == (5, 8, 8)
    assert graph.find("a").cost == graph.find("a.first").cost + graph.find("a.second").cost


def test_python_does_not_run_unasked(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="--allow-python"):
        load(spec(tmp_path, "mine.py", "blur", "raise SystemExit(9)"))


@pytest.mark.parametrize(
    ("text", "block", "message"),
    [
        (BAD, "torn", "torn does not run on image 3x8x8"),
        ("1 / 0", "x", "does not run: ZeroDivisionError"),
        ("x = (", "x", "does not run: SyntaxError"),
        ("x = 1", "x", "defines no block"),
        (GOOD.replace("Blur", "Mlp"), "mlp", "a block of the package already"),
        (GOOD.replace("nn.Sequential(", "nn.Flatten(0) or ("), "blur, width: 3", "for a batch of 2"),
    ],
    ids=["does not fit", "fails", "no syntax", "no block", "taken", "no shape"],
)
def test_faults_in_python_are_told_at_the_spec(text: str, block: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        load(spec(tmp_path, "mine.py", block, text), allow_python=True)
    (problem,) = caught.value.problems
    assert message in problem.message and problem.mark and problem.mark.source.name.endswith("spec.yaml")


def test_blocks_check_holds_a_file_to_the_laws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "bad.py").write_text(BAD)
    (tmp_path / "library.yaml").write_text(LIBRARY)
    assert main(["blocks", "check", str(tmp_path / "good.py")]) == 0
    assert capsys.readouterr().out == "blur: fine\ntwice: fine\n"
    assert main(["blocks", "check", str(tmp_path / "bad.py"), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert any("says 7 parameters, torch has 84" in fault for fault in found["liar"])
    assert any("FLOPs" in fault for fault in found["liar"]) and len(found["shy"]) == 2
    assert "does not run on image 3x8x8" in found["torn"][0]
    assert main(["blocks", "check", str(tmp_path / "library.yaml")]) == 0


def test_installed_packages_bring_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other_package.py").write_text(GOOD)
    monkeypatch.syspath_prepend(tmp_path)
    entries = {
        name: EntryPoint(name, f"other_package:{value}", vocabulary.GROUP)
        for name, value in {"blur": "Blur", "nothing": "nn", "absent": "Absent", "linear": "Twice"}.items()
    }
    monkeypatch.setattr(vocabulary, "_entries", lambda: entries)
    vocabulary._installed.cache_clear()
    graph = load(spec(tmp_path, "library.yaml", "blur, width: 6", LIBRARY))
    assert graph.nodes["a"].cost.params == 180
    for word, message in (("nothing", "is no block"), ("absent", "does not load")):
        with pytest.raises(SpecError, match=message):
            load(spec(tmp_path, "library.yaml", word))
    assert vocabulary.Vocabulary()["linear"].__module__ == "archspec.ops.linear"
    vocabulary._installed.cache_clear()


def test_a_yaml_file_brings_blocks_and_they_are_in_the_resolved_spec(tmp_path: Path) -> None:
    tokens = "to_tokens}\n  b: {block: widen, by: 3"
    graph = load(spec(tmp_path, "library.yaml", tokens, LIBRARY))
    assert graph.nodes["b"].shape.sizes == (64, 24)
    assert "use" not in origin_of(graph).spec and "widen" in origin_of(graph).spec["blocks"]


CHAIN: list[tuple[str, str, Any]] = [
    ("features: $(by * 8)", "features: $(bi * 8)", ("library.yaml", "expression")),
    ("block: activation", "block: activatoin", ("library.yaml", "unknown-block")),
    ("default: 2", "default: two", ("library.yaml", "wrong-type")),
    ("type: int", "type: integer", ("library.yaml", "wrong-type")),
    ("doc: How", "dok: How", ("library.yaml", "wrong-type")),
    ("graph: {grow", "grap: {grow", ("library.yaml", "unknown-key")),
    ("blocks:", "block:", ("library.yaml", "unknown-key")),
    ("archspec: 1", "archspec: 1\nuse: [nowhere.yaml]", ("nowhere", "file-missing")),
    ("archspec: 1", "archspec: 1\nuse: [../../x.yaml]", ("library.yaml", "file-outside")),
]


@pytest.mark.parametrize(("old", "new", "told"), CHAIN, ids=[new for _, new, _ in CHAIN])
def test_faults_in_a_library_are_told_there_with_the_chain(old: str, new: str, told: Any, tmp_path: Path) -> None:
    (tmp_path / "middle.yaml").write_text(
        "archspec: 1\nuse: [library.yaml]\nblocks: {x: {graph: {a: {block: gate}}}}\n"
    )
    (tmp_path / "library.yaml").write_text(LIBRARY.replace(old, new))
    with pytest.raises(SpecError) as caught:
        load(spec(tmp_path, "middle.yaml", "to_tokens}\n  b: {block: widen"))
    problem = caught.value.problems[0]
    assert problem.code == told[1] and (told[0] in str(problem.mark) or told[0] in problem.message)
    assert [note for note in problem.notes if "middle.yaml, which" in note], problem
    assert any("library.yaml, which" in note and "middle.yaml uses" in note for note in problem.notes), problem


def test_a_word_stands_in_one_file_only_and_circles_end(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text(LIBRARY + "use: [library.yaml]\n")
    (tmp_path / "library.yaml").write_text(LIBRARY + "use: [other.yaml]\n")
    with pytest.raises(SpecError, match="written twice"):
        load(spec(tmp_path, "library.yaml", "to_tokens"))
    (tmp_path / "other.yaml").write_text("archspec: 1\nuse: [library.yaml]\nblocks: {y: {graph: {a: {block: gate}}}}\n")
    assert load(spec(tmp_path, "library.yaml", "to_tokens}\n  b: {block: widen"))
