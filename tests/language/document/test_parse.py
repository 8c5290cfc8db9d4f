"""Text → tree: scalars, marks, and every fault at its place."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.errors import Source, SpecError
from archspec.language.document import Fields, Items, Leaf, locate, parse, plain

SCALARS = {
    "": None, "~": None, "Null": None, "true": True, "FALSE": False, "010": 10, "0o17": 15, "0x1F": 31, "-3": -3,
    "1e-6": 1e-6, ".5": 0.5, "1.": 1.0, ".inf": math.inf, "-.Inf": -math.inf, "on": "on", "no": "no", "12:30": "12:30",
    "1_000": "1_000", "'1'": "1", '"a\\tb"': "a\tb", "!!str 12": "12", "!!float 1": 1.0,
    "! 3": "3", "$(a * b)": "$(a * b)",
}  # fmt: skip

FAULTS = [
    ("", "yaml-empty", 1, 1),
    ("# nothing\n", "yaml-empty", 1, 1),
    ("---\n", "yaml-empty", 1, 1),
    ("- a", "yaml-top-level", 1, 1),
    ("a: 1\n---\nb: 2", "yaml-documents", 2, 1),
    ("a: 1\nb: {c: 1, c: 2}", "yaml-duplicate-key", 2, 11),
    ("a: !!python/object:os.system x", "yaml-tag", 1, 4),
    ("a: !x {}", "yaml-tag", 1, 4),
    ("a: !!int x", "yaml-tag", 1, 4),
    ("a: &a {}\nb: {<<: *a}", "yaml-merge-key", 2, 5),
    ("a: {{ x }}", "yaml-key", 1, 5),
    ("a: &a [*a]", "yaml-alias", 1, 8),
    ("a: *b", "yaml-alias", 1, 4),
    ("a: 1e999", "yaml-number", 1, 4),
    ("a: " + "9" * 5000, "yaml-number", 1, 4),
    ("a: {drop: $(max(1, 2))}", "yaml-expression-comma", 1, 11),
    ("a: {drop: $(sizes[0])}", "yaml-expression-comma", 1, 11),
    ("a:\n\tb: 1", "yaml-syntax", 2, 1),
    ("a: b: c", "yaml-syntax", 1, 5),
    ("a: 'x", "yaml-syntax", 1, 4),
    ("a: \x01", "file-binary", 1, 4),
    ("[" * 10**6, "yaml-depth", 1, 101),
    ("".join(" " * i + "a:\n" for i in range(1500)), "yaml-depth", 101, 101),
]


def tree_of(text: str) -> Fields:
    return parse(Source("x.yaml", text))


def same(a: Any, b: Any) -> bool:
    return repr(a) == repr(b)


@pytest.mark.parametrize(("text", "value"), SCALARS.items())
def test_scalars_follow_yaml_1_2(text: str, value: Any) -> None:
    assert same(plain(tree_of(f"a: {text}")), {"a": value})


@pytest.mark.parametrize(("text", "code", "line", "column"), FAULTS, ids=lambda x: str(x)[:20])
def test_fault_is_told_with_its_place(text: str, code: str, line: int, column: int) -> None:
    with pytest.raises(SpecError) as caught:
        tree_of(text)
    assert [(p.code, p.mark and (p.mark.line, p.mark.column)) for p in caught.value.problems] == [
        (code, (line, column))
    ]


def test_faults_come_together() -> None:
    with pytest.raises(SpecError) as caught:
        tree_of("a: 1\na: 2\nb: !x 1\nc: 1e999\nd: [")
    codes = [problem.code for problem in caught.value.problems]
    assert codes == ["yaml-duplicate-key", "yaml-tag", "yaml-number", "yaml-syntax"]


def test_aliases_are_bounded() -> None:
    rows = ["a0: &a0 [1]"] + [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    assert plain(tree_of("\n".join(rows[:2])))["a1"] == [[1]] * 10
    with pytest.raises(SpecError, match="yaml-alias"):
        tree_of("\n".join(rows))
    with pytest.raises(SpecError, match="yaml-depth"):
        tree_of("a0: &a0 [1]\n" + "\n".join(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 200)))


def test_marks_are_exact() -> None:
    tree = tree_of("é: 1\r\nb:\r\n  c: {d: [x, 'y']}   # why\r\n\r\ne: 2\r\n")
    b, d = locate(tree, ["b"]), locate(tree, ["b", "c", "d", 1])
    assert isinstance(b, Fields) and isinstance(d, Leaf) and not d.plain
    assert (b.mark.line, b.mark.column, b.mark.end_line, b.mark.end_column) == (3, 3, 3, 19)
    assert (d.mark.line, d.mark.column, d.mark.end_column) == (3, 14, 17)
    assert (tree.keys["e"].line, tree.keys["e"].column) == (5, 1)
    assert isinstance(locate(tree, ["b", "c", "d"]), Items) and locate(tree, ["b", "z", 0]) is None


def test_keys_are_texts() -> None:
    assert plain(tree_of("17: a\ntrue: b\n~: c\n'': d\n010: e")) == {
        "17": "a",
        "true": "b",
        "~": "c",
        "": "d",
        "010": "e",
    }


PIECES = st.lists(
    st.sampled_from(
        [*"abc:{}[],&*!|>'\"%@`?-#<~$() \t\n", "\n  ", ": ", "- ", "&a ", "*a", "!!int ", "$(", "---\n", "\\"]
    )
)


@settings(deadline=None, max_examples=600)
@given(PIECES.map("".join) | st.text())
def test_any_text_is_a_mapping_or_a_spec_error(text: str) -> None:
    try:
        assert isinstance(tree_of(text), Fields)
    except SpecError as error:
        assert error.problems and str(error)
