"""What the numbers of each variant are held to: read from the tables of tests/peers, whose laws prove it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

PEERS = Path(__file__).parents[1] / "peers"
STRENGTH = ("logits", "parameters")
"""The stronger first: logits agree only where parameters do."""

Proofs = dict[str, dict[str, tuple[str, str]]]
"""By variant and peer: which numbers, and the file whose table says so, from the root of the repository."""


def proofs() -> Proofs:
    """The strongest claim for each variant and peer; of equal ones that of the first file."""
    strongest = Proofs()
    for file in sorted(PEERS.glob("test_*.py")):
        module = import_module(f"tests.peers.{file.stem}")
        for case in getattr(module, "CASES", ()):
            claims = strongest.setdefault(case.variant, {})
            for peer, numbers in case.claims():
                if peer not in claims or STRENGTH.index(numbers) < STRENGTH.index(claims[peer][0]):
                    claims[peer] = numbers, f"tests/peers/{file.name}"
    return strongest
