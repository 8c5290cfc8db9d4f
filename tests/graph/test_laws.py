"""Laws over a table: torch, on the meta device, is the oracle of every rule that a block states about itself."""

from __future__ import annotations

from typing import Any

import pytest

from archspec.compiler.laws import against_torch, single
from archspec.graph import Block, Graph, Op, Shape
from archspec.language.words import Vocabulary

VOCABULARY = Vocabulary()
CASES = [
    pytest.param(VOCABULARY[word], config, shapes, id=f"{word}-{place}")
    for word in VOCABULARY
    for place, (config, *shapes) in enumerate(VOCABULARY[word].examples)
]


def check_against_torch(graph: Graph) -> None:
    """Shapes, parameters, buffers and MACs of every node at every depth, but for those that nothing is emitted for."""
    faults = list(against_torch(graph))
    assert not faults, faults[0]


@pytest.mark.parametrize(("block", "config", "shapes"), CASES)
def test_rules_agree_with_torch(block: type[Block], config: dict[str, Any], shapes: list[Shape]) -> None:
    check_against_torch(single(block(**config), *shapes))


@pytest.mark.parametrize("word", list(VOCABULARY))
def test_every_word_has_an_example_and_says_what_it_is(word: str) -> None:
    block = VOCABULARY[word]
    assert block.word == word
    assert block.examples
    assert block.__doc__
    assert issubclass(block, Op) or block.__module__ == f"archspec.blocks.{word}"
