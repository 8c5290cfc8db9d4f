"""timm and transformers import torchvision, whose operators a torch of another build may not know; none is used."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import archspec
from archspec.language import open_spec, packaged_specs
from tests.support.proofs import proof

sys.modules.setdefault("torchvision._meta_registrations", ModuleType("torchvision._meta_registrations"))

VARIANTS = frozenset(variant for file in packaged_specs() for variant in open_spec(file).variants)


@pytest.fixture(autouse=True)
def claims(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test that claims a variant's numbers does load that variant."""
    item = request.node
    params = item.callspec.params if hasattr(item, "callspec") else {}
    claim = proof(item.originalname, item.function.__code__, params, VARIANTS)
    loaded: set[Any] = set()

    def noting(name: str) -> None:
        function = getattr(archspec, name)

        def noted(*given: Any, **named: Any) -> Any:
            loaded.update(value for value in (*given, *named.values()) if isinstance(value, str))
            return function(*given, **named)

        monkeypatch.setattr(archspec, name, noted)

    if claim:
        noting("load")
        noting("build")
    yield
    if claim:
        assert claim.named <= loaded
        assert loaded & (claim.named | claim.written)
