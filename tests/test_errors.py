"""What reaches a reader is safe to print."""

from __future__ import annotations

import pytest

from archspec.errors import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("head.weight – 4×4 é 中", "head.weight – 4×4 é 中"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb\tc\r\x00\x7f\x9b", "a\\nb\\tc\\r\\x00\\x7f\\x9b"),
        ("\u202egnp.exe\u200b\u2028\xa0", "\\u202egnp.exe\\u200b\\u2028\\xa0"),
        ("\ud800\U000e0001", "\\ud800\\U000e0001"),
        ("", ""),
    ],
)
def test_printable_escapes_what_a_terminal_acts_on(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown
    assert shown.encode() is not None  # no half of a surrogate is left
