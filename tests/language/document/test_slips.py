"""Slips of the pen are told at their own line, however many lines later the parser notices them; surrogate pairs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.errors import Source, SpecError
from archspec.language.document import locate, parse, plain
from archspec.language.document.surrogates import hidden, shown

SLIPS = {
    "bracket": ("a: [1, 2\nb: 3\n", 1, 4, "never closed"),
    "bracket at the end": ("a: 1\nb: [1, 2\n", 2, 4, "never closed"),
    "brace": ("a:\n  b: {x: 1\n  c: 2\n", 2, 6, "never closed"),
    "brace, the end of a list on several lines": ("x: [\n  a,\n  b\ny: 1\n", 1, 4, "never closed"),
    "bracket before a list": ("x: [a,\n- b\n", 1, 4, "never closed"),
    "a comma missing, deeper than the bracket": ("a: {x: 1,\n    y: 2\n    z: 3}\n", 3, 6, "expected , or }"),
    "double quote": ('t: "abc\nn: "x"\n', 1, 4, "not closed on its line"),
    "single quote": ("t: 'abc\nn: 'x'\n", 1, 4, "not closed on its line"),
    "quote that nothing closes": ("t: 'abc\nn: x\n", 1, 4, "never closed"),
    "quote before an escape": ("t: \"abc\nn: 'a\\d'\n", 1, 4, "not closed on its line"),
    "text behind a quote": ('t: "long\n  text" more\n', 2, 9, "does not continue"),
    "escape": ('t: "a\\d"\n', 1, 6, "no escape"),
    "colon": ("n:\n  block resize\n  size: 3\n", 2, 3, "expected `:` after this key"),
    "colon before a comment": ("n:\n  block resize # why\n  size: 3\n", 2, 3, "expected `:`"),
    "colon of the first key of all": ("archspec 1\nname: x\n", 1, 1, "expected `:`"),
    "colon before more": ("n\n  a: 1\n  b: 2\n", 1, 1, "expected `:`"),
    "colon of a later key": ("x: 1\nn\n  a: 1\n", 2, 1, "expected `:`"),
    "colon of a quoted key": ('a:\n  "er"\n    x: 1\n  y: 2\n', 2, 3, "expected `:`"),
    "colon in a list": ("a:\n  - block linear\n    x: 1\n", 2, 5, "expected `:`"),
    "space behind the colon": ("n:\n  block:resize\n  size: 3\n", 2, 8, "a space behind this `:`"),
    "space behind the colon of a later key": ("n:\n  a: 1\n  block:resize\n", 3, 8, "a space behind this `:`"),
    "one line too deep": ("n:\n  a: 1\n   b: 2\n  c: 3\n", 3, 5, "cannot stand here"),
    "one line not deep enough": ("n:\n  a:\n    x: 1\n   b: 1\n", 4, 4, "does not continue"),
    "the first line too deep": (
        "n:\n   a: 1\n  b: 2\n  c:\n    d: 1\ne:\n  f: 1\n",
        2,
        4,
        "indented by 3 spaces, and line 3",
    ),
    "the first line not deep enough": ("n:\n a: 1\n  b: 2\nc:\n  d: 1\ne:\n  f: 1\n", 2, 2, "by 1 space, and line 3"),
    "half a pair": ('t: "a \\ud83d"', 1, 9, "half a surrogate pair"),
}
PAIRS = r"""a: "x \ud83d\ude00 \uD83D\uDE00\ud83d\ude00 y"
b: \ud83d\ude00
c: '\uD83D\ude00'
d: "\\ud83d and \\\ud83d\ude00"
"\ud83d\ude00": {e: "\ud83d\ude00", f: 1}
"""


@pytest.mark.parametrize(("text", "line", "column", "words"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_told_at_its_line(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(Source("x.yaml", text))
    (problem,) = caught.value.problems
    assert problem.mark and (problem.mark.line, problem.mark.column) == (line, column), problem
    assert words in problem.message


def test_an_escaped_surrogate_pair_is_one_character_in_double_quotes_alone() -> None:
    tree = parse(Source("x.yaml", PAIRS))
    values: dict[str, Any] = plain(tree)
    assert values == {
        "a": "x 😀 😀😀 y",
        "b": "\\ud83d\\ude00",
        "c": "\\uD83D\\ude00",
        "d": "\\ud83d and \\😀",
        "😀": {"e": "😀", "f": 1},
    }
    leaf = locate(tree, ["😀", "f"])
    assert leaf and (leaf.mark.line, leaf.mark.column) == (5, 40)


@settings(deadline=None)
@given(st.text(st.characters(min_codepoint=0x10000), min_size=1, max_size=5), st.booleans())
def test_pairs_are_hidden_from_the_parser_and_shown_again(text: str, upper: bool) -> None:
    escaped = json.dumps(text)[1:-1]
    escaped = escaped.upper().replace("\\U", "\\u") if upper else escaped
    stand_ins = hidden(escaped)
    assert len(stand_ins) == len(escaped) and shown(stand_ins, escaped=False) == escaped
    assert shown(json.loads(f'"{stand_ins}"'), escaped=True) == text
    assert plain(parse(Source("x.yaml", f'a: "{escaped}"'))) == {"a": text}


def test_a_text_with_private_characters_keeps_them() -> None:
    assert plain(parse(Source("x.yaml", 'a: "\\ue03d\\ue600"\nb: \ue03d'))) == {"a": "\ue03d\ue600", "b": "\ue03d"}
    with pytest.raises(SpecError, match="half a surrogate pair"):
        parse(Source("x.yaml", 'a: "\\ud83d\\ude00 \ue03d"'))
