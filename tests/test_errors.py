"""Near words, as difflib finds them; what reaches a reader is safe to print."""

from __future__ import annotations

from difflib import SequenceMatcher, get_close_matches

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.errors import nearest, printable, similar
from archspec.language.words import Vocabulary

WORDS = sorted(Vocabulary())


@given(st.sampled_from(WORDS), st.integers(0, 30), st.sampled_from("qz_"))
def test_a_misspelt_word_has_the_near_ones_that_difflib_finds(word: str, place: int, letter: str) -> None:
    misspelt = word[: place % (len(word) + 1)] + letter + word[place % (len(word) + 1) :]
    assert similar(misspelt, WORDS) == get_close_matches(misspelt, WORDS, n=2)


@pytest.mark.parametrize("misspelt", ["layer_07123x", "xlayer_071234", "layer_0712345", "layyer_071234"])
def test_a_near_word_is_found_among_very_many(misspelt: str) -> None:
    assert "layer_071234"[:9] in (nearest(misspelt, (f"layer_{number:06}" for number in range(100_000))) or "")


def test_few_words_are_compared_letter_by_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[SequenceMatcher[str]] = []
    ratio = SequenceMatcher.ratio

    def counted(self: SequenceMatcher[str]) -> float:
        compared.append(self)
        return ratio(self)

    monkeypatch.setattr(SequenceMatcher, "ratio", counted)
    assert similar("layer_00000x", [f"layer_{number:06}" for number in range(10_000)])
    assert 0 < len(compared) <= 2 * 24  # difflib computes that of a near word twice
    assert similar("x" * 10_000, ["x" * 9_999]) == []


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
