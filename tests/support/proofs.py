"""What the numbers of each variant are held to: read from the tests here, of which each says its peer in its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Any

PEERS = {
    r"test_timm": ("timm", "logits"),
    r"test_timm_without_a_teacher": ("timm", "logits"),
    r"test_transformers": ("transformers", "logits"),
    r"test_vit_pytorch(_gives_both_heads_in_evaluation_too)?": ("vit-pytorch", "logits"),
    r"test_the_formulas": ("the authors' formulas", "logits"),
    r"test_the_article(_is_its_formulas|s_third_token_block)?": ("the article", "logits"),
    r"test_every_size_\w*timms?_\w+": ("timm", "parameters"),
    r"test_every_size_\w*of_timms": ("timm", "parameters"),
    r"test_every_size_\w*transformers_\w+": ("transformers", "parameters"),
}
"""By a test's name: whose numbers, and which; logits agree only where parameters do."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A claim of one test: these variants of ours have the peer's numbers."""

    peer: str
    numbers: str
    named: frozenset[str]  # by its parameters: each is loaded by this test
    written: frozenset[str]  # in its code: one of them is loaded, by this test or for another parameter


def proof(name: str, code: CodeType, params: dict[str, Any], variants: frozenset[str]) -> Proof | None:
    """What a test claims; None where its name says no peer."""
    found = next((about for pattern, about in PEERS.items() if re.fullmatch(pattern, name)), None)
    if not found:
        return None
    named = {value for value in params.values() if isinstance(value, str)}
    return Proof(*found, variants & named, variants & set(_texts(code)))


def _texts(code: CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _texts(constant)
        elif isinstance(constant, str):
            yield constant
