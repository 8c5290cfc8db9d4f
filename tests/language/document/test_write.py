"""Plain data → text that reads back equal."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from archspec.errors import Source
from archspec.language.document import parse, plain
from archspec.language.document.write import dump

TEXTS = st.text() | st.sampled_from(
    [
        "1e5",
        "no",
        "true",
        "$x",
        "$(max(1, 2))",
        "a\nb\n",
        "a\n\nb",
        " x\n",
        "a: b",
        "a #b",
        "-",
        "<<",
        "017",
        "a\n \n",
        "é\u2028",
        "x " * 700,
    ]
)
DATA = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**28), 10**28) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=300)
@given(st.dictionaries(TEXTS, DATA, max_size=4))
def test_dump_reads_back_equal(data: dict[str, Any]) -> None:
    assert repr(plain(parse(Source("x.yaml", dump(data))))) == repr(data)


def test_dump_reads_well() -> None:
    data = {
        "name": "vit",
        "params": {"dim": 64, "rate": 1e-06},
        "graph": {"b": {"block": "x", "drop": "$(a * b)", "s": {"h": 1}}},
    }
    assert (
        dump(data)
        == "name: vit\nparams: {dim: 64, rate: 1e-06}\ngraph:\n  b:\n    block: x\n    drop: $(a * b)\n    s: {h: 1}\n"
    )
