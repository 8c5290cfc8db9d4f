"""Near words: as difflib finds them among a few, and at once among any number."""

from __future__ import annotations

from difflib import SequenceMatcher, get_close_matches

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archspec.errors import nearest, similar
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
