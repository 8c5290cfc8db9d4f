from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.language.expression import ExpressionError, evaluate, is_expression, references
from tests.support.work import MOST_CALLS, calls_within

NAMES: dict[str, Any] = {
    "dim": 384,
    "heads": 6,
    "rate": 0.1,
    "i": 2,
    "sizes": (7, 14),
    "stage": {"dim": 64},
    "zero": 0,
    "f": "gelu",
}

VALUES = {
    "$dim": 384, "$stage.dim": 64, "$sizes": (7, 14), "$$x": "$x", "$(dim // heads)": 64, "$( rate*i/ (i - 1) )": 0.2,
    "$(dim if f == 'gelu' else null)": 384, "$(not zero and true)": True, "$(zero or sizes)": (7, 14),
    "$(1 < i <= 2)": True,
    "$(sizes[-1] + stage.dim)": 78, "$(sizes[::-1] + [1])": (14, 7, 1), "$([0] * 3)": (0, 0, 0), "$(max(1, 2))": 2,
    "$(min(sizes))": 7, "$(ceil(1.2) + floor(1.8))": 3, "$(round(2.5))": 2, "$(len(range(1, 9, 2)))": 4,
    "$(sum([1, 2.5]))": 3.5,
    "$(linspace(0, 1, 5))": (0.0, 0.25, 0.5, 0.75, 1.0), "$(linspace(3, 9, 1))": (3.0,), "$('a' + \"b\")": "ab",
    "$(7 in sizes)": True,
    "$(sizes == [7, 14])": True, "$(-i ** 2)": -4, "$(2 ** -1)": 0.5, "$(dim\n / 2)": 192.0,
}  # fmt: skip

FAULTS = [
    ("$(dim / zero)", "dim / zero divides 384 by zero", 2),
    ("$(dim + heds)", "there is no heds here", 8),
    ("$sizs", "there is no sizs here", 0),
    ("$stage.dm", "$stage has no field dm", 0),
    ("$(sizes[5])", "sizes has 2 items and none at 5", 2),
    ("$(1 + 'a')", "+ does not go with the int 1 and the text 'a'", 2),
    ("$(pow(2, 3))", "there is no function pow", 2),
    ("$(dim).real", "the expression ends before the text does", 6),
    ("$(dim) + (1)", "the expression ends before the text does", 6),
    ("$(dim", "`(` is never closed", 1),
    ("$(dim]", "`]` closes no bracket", 5),
    ("$(dim +)", "the expression breaks off here", 7),
    ("$()", "the expression is empty", 0),
    ("$", "'$' is no expression", 0),
    ("$a-b", "'$a-b' is no expression", 0),
    ("$(dim = 1)", "`=` cannot stand in an expression", 6),
    ("$(dim.real)", "dim is 384, which has no fields", 2),
    ("$((1).__class__)", "1 is 1, which has no fields", 2),
    ("$(lambda: 1)", "lambda: 1 is not part of what expressions say", 2),
    ("$([i for i in sizes])", "[i for i in sizes] is not part of what expressions say", 2),
    ("$(max(*sizes))", "*sizes is not part of what expressions say", 6),
    ("$(f'{dim}')", "'{dim}' stands right behind another word or number", 3),
    ("$('%s' % 1)", "% does not go with the text '%s' and the int 1", 2),
    ("$(9 ** 9 ** 9)", "9 ** 9 ** 9 is larger than 2**63", 2),
    ("$(2.0 ** 9999)", "2.0 ** 9999 is larger than a float can be", 2),
    ("$((-8) ** 0.5)", "(-8) ** 0.5 is a root of a negative number", 2),
    ("$(1e308 * 10)", "1e308 * 10 is inf, which is no number to go on with", 2),
    ("$([0] * 99999)", "[0] * 99999 makes lists or texts of more than 10,000 items", 2),
    ("$(range(10 ** 9))", "range: more than 10,000 items", 2),
    ("$(round(1, -99))", "round: -99 digits are too many", 2),
    ("$(1if 1else 2)", "if stands right behind another word or number", 3),
    ("$(" + "(" * 400 + "1" + ")" * 401, "the expression is nested deeper than 50 levels", 0),
    ("$(" + "-" * 900 + "1)", "the expression is nested deeper than 50 levels", 0),
    ("$(" + "1," * 400 + "1)", "the expression has more than 200 parts", 0),
    ("$(" + " " * 1000 + ")", "the expression has 1,003 characters, more than 1,000", 0),
    ("$(1\0)", "`\0` cannot stand in an expression", 3),
]


@pytest.mark.parametrize(("text", "value"), VALUES.items())
def test_value(text: str, value: Any) -> None:
    found = evaluate(text, NAMES)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(("text", "message", "offset"), FAULTS, ids=lambda x: str(x)[:24])
def test_fault_is_a_sentence_with_its_place(text: str, message: str, offset: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, NAMES)
    assert (caught.value.message, caught.value.offset) == (message, offset)


def test_error_knows_names_and_near_ones() -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate("$('é' == heds or dim)", NAMES)
    error = caught.value
    assert (error.offset, error.width, error.help, error.values) == (9, 4, "did you mean heads?", {"dim": 384})


def test_references_are_root_names() -> None:
    assert references("$(max(a.b, c[d]) if true else e)") == {"a", "c", "d", "e"}
    assert references("$a.b") == {"a"} and references("$$a") == frozenset()
    assert is_expression("$a") and not is_expression("a$")


def test_linspace_is_numpys() -> None:
    numpy = pytest.importorskip("numpy")
    for first, last, count in [(0, 0.1, 12), (0.3, 0.3, 7), (1, -1, 10), (0, 0.2, 24), (5, 6, 0), (0, 5e-324, 3)]:
        assert evaluate(f"$(linspace({first}, {last}, {count}))", {}) == tuple(
            numpy.linspace(first, last, count).tolist()
        )


ARITHMETIC = st.recursive(
    st.integers(0, 99).map(str) | st.floats(0, 99).map(repr) | st.sampled_from(["dim", "rate", "i"]),
    lambda inner: st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "//", "%", "<", "==", "and", "or"]), inner).map(
        lambda parts: f"({' '.join(parts)})"
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=300)
@given(ARITHMETIC)
def test_arithmetic_is_pythons(text: str) -> None:
    try:
        expected = eval(text, {}, dict(NAMES))
    except ZeroDivisionError:
        expected = None
    try:
        assert evaluate(f"$({text})", NAMES) == expected
    except ExpressionError as error:
        assert (
            expected is None
            or "larger than" in error.message
            or "no number" in error.message
            or "nested" in error.message
        )


PIECES = [
    *(
        "(",
        ")",
        "[",
        "]",
        ",",
        ".",
        ":",
        "**",
        "*",
        "/",
        "-",
        "%",
        "<",
        "==",
        "9",
        "0",
        "1e9",
        "'a'",
        " ",
        "=",
        "{",
        "\\",
        "é",
    ),
    *("if ", " else ", " and ", "not ", "in ", "for ", "is ", "lambda ", "dim", "sizes", "stage", "null"),
    *("max(", "range(9999)", "linspace(0,1,9999)"),
]


@settings(deadline=None, max_examples=800)
@given(
    (st.lists(st.sampled_from(PIECES), max_size=30).map("".join) | st.text()).map(lambda text: f"$({text})") | st.text()
)
def test_any_text_is_a_value_or_an_expression_error(text: str) -> None:
    def attempt() -> None:
        try:
            evaluate(text, NAMES)
        except ExpressionError as error:
            assert 0 <= error.offset <= len(text) and error.width >= 0

    assert calls_within(attempt) < MOST_CALLS / 20
