"""What a picture's colours and signs mean is said in it, and two things that look alike are one."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import archspec
from archspec.diagrams import Picture, compare
from archspec.diagrams.figure import Group, Rect
from archspec.diagrams.figure.heat import total
from archspec.diagrams.look import LEGEND, THEMES, family
from archspec.diagrams.view import INPUT, OUTPUT
from archspec.graph import Repeat
from archspec.language.words import Vocabulary
from tests.diagrams.test_compare import EDITS
from tests.diagrams.test_render import DEPTHS, SPECS, name, shaped

CVT = next(file for file in SPECS if file.stem == "cvt")
COUNTS = re.compile(r"(?<![\d ])×|(?<=[^\d]) ×(?=\d)")
"""A sign of multiplication that is not between the sides of a size."""


def words(picture: Picture) -> list[str]:
    return [text.text for text in picture.figure.words()]


def fills(picture: Picture) -> dict[str, str]:
    return {
        item.path: part.fill
        for item in picture.figure.items if isinstance(item, Group)
        for part in item.items if isinstance(part, Rect) and part.fill
    }  # fmt: skip


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("cost", ["params", "macs"])
@pytest.mark.parametrize("file", SPECS, ids=name)
def test_what_is_in_a_box_costs_as_much_as_the_box(file: Path, cost: Any, depth: int | str) -> None:
    picture = archspec.render(shaped(file), depth=depth, heat=cost)
    for _, box in picture.level.walk():
        if box.inner:
            assert sum(total(inner, cost) for inner in box.inner.boxes.values()) == total(box, cost), box.path
    closed = [box for _, box in picture.level.walk() if not box.inner and box.role not in (INPUT, OUTPUT)]
    whole = shaped(file).cost
    assert sum(total(box, cost) for box in closed) == (whole.params if cost == "params" else whole.macs)


def test_heat_is_that_of_all_copies_and_its_scale_is_told() -> None:
    picture = archspec.render(shaped(CVT), depth=2, heat="params", costs=["params"])
    colours, (low, high) = fills(picture), picture.options.theme.heat
    layer = next(path for path in colours if re.fullmatch(r"stage3\.layers\.\d\.mlp", path))
    assert colours[layer] == high and colours["stage3.layers.1.drop_path1"] == low
    text = words(picture)
    assert "1.18\N{NO-BREAK SPACE}M\N{NO-BREAK SPACE}params each" in text
    ticks = [
        "0",
        "738\N{NO-BREAK SPACE}k",
        "2.95\N{NO-BREAK SPACE}M",
        "6.65\N{NO-BREAK SPACE}M",
        "11.8\N{NO-BREAK SPACE}M",
    ]
    at = text.index(ticks[1]) - 1
    assert text[at : at + 5] == ticks
    assert text[at + 5] == "params of all copies; the colour is on a scale of square roots"


def test_a_count_is_the_one_thing_that_a_cross_before_a_number_says() -> None:
    """But for factors, which say that they are."""
    vocabulary: Any = Vocabulary()
    labels = {word: vocabulary[word](**config).label()
              for word in vocabulary for config, *_ in getattr(vocabulary[word], "examples", [])}  # fmt: skip
    counts = {word for word, label in labels.items() if COUNTS.search(label)}
    assert counts <= {"token_pool", "gate", "scale"}, {word: labels[word] for word in counts}


@pytest.mark.parametrize("word", ["gelu", "softmax", "hardswish"])
def test_an_activation_is_no_linear_map(word: str) -> None:
    vocabulary: Any = Vocabulary()
    block = vocabulary["softmax"]() if word == "softmax" else vocabulary["activation"](kind=word)
    assert family(block.role) == "activation" != family(vocabulary["linear"](features=3).role)


@pytest.mark.parametrize(("stem", "path"), [("cvt", "stage1.layers.0.attn.q.conv"), ("pit", "pool1.conv")])
def test_a_depthwise_convolution_says_so(stem: str, path: str) -> None:
    graph = shaped(next(file for file in SPECS if file.stem == stem and file.parent.name == "specs"))
    boxes = {box.path: box for _, box in archspec.render(graph, depth="all").level.walk()}
    assert boxes[path].label.startswith("depthwise conv 3×3")
    assert not any(box.label.startswith("depthwise") for box in boxes.values() if box.path.endswith("proj"))


@pytest.mark.parametrize("file", SPECS, ids=name)
def test_a_closed_composite_says_how_many_it_holds(file: Path) -> None:
    picture = archspec.render(shaped(file), depth=0)
    for _, box in picture.level.walk():
        if box.node and box.node.body and not isinstance(box.node.block, Repeat):
            inside = [node.block.label() for node in box.node.body.nodes.values() if isinstance(node.block, Repeat)]
            assert set(inside) <= set(words(picture)), box.path


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_looks_are_the_same_or_can_be_told_apart(theme: Any) -> None:
    looks = {name: (theme.fills[name], theme.hatches.get(name, "")) for name in LEGEND}
    for one, other in combinations(looks.values(), 2):
        if theme.name == "paper" and one != other and one[1] == other[1]:
            assert abs(int(one[0][1:3], 16) - int(other[0][1:3], 16)) >= 20, (one, other)
    for file in SPECS:
        figure = archspec.render(shaped(file), theme=theme.name, depth="all").figure
        swatches = [looks[item.kind.split()[1]] for item in figure.items
                    if isinstance(item, Rect) and item.kind.startswith("swatch")]  # fmt: skip
        assert len(set(swatches)) == len(swatches)
        assert (theme.background, "") not in swatches


def test_a_comparison_says_what_its_signs_are() -> None:
    a = archspec.load("vit_tiny_patch16_224")
    b = archspec.load("vit_tiny_patch16_224", overrides=[*EDITS, "params.image=384"])
    picture = compare(archspec.diff(a, b))
    text = words(picture)
    assert [word for word in text if word in ("added", "removed", "changed")] == ["added", "removed", "changed"]
    assert "3×224×224 → 3×384×384" in text
    arrows = [[part.kind for part in item.items] for item in picture.figure.items
              if isinstance(item, Group) and item.kind == "edge"]  # fmt: skip
    assert {tuple(kind.partition(" ")[2] for kind in kinds) for kinds in arrows if len(kinds) == 2} >= {
        ("added", "added"), ("removed", "removed"), ("changed", "changed")
    }  # fmt: skip
    assert all(len({kind.partition(" ")[2] for kind in kinds}) == 1 for kinds in arrows)
    same = compare(archspec.diff(a, a))
    assert not {"added", "removed", "changed"} & set(words(same))


def test_what_lies_in_an_added_box_has_no_badge_of_its_own() -> None:
    a = archspec.load("vit_tiny_patch16_224")
    b = archspec.load("vit_tiny_patch16_224", overrides=["graph.more={block: mlp, before: norm}"])
    picture = compare(archspec.diff(a, b), depth="all")
    assert [box.path for _, box in picture.level.walk() if box.status == "added"] == ["more"]
