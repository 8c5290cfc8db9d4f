"""The laws between our variants and what others have: each family's file has a table `CASES` that says which hold.

A line of the table is a `Case` (beside another package's model), a `Formula` (beside formulas on exported tensors) or
`Names` (the names and shapes that a source's state dict has). `laws(CASES)` makes the test of all lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Protocol

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import archspec
from archspec.graph import Graph
from archspec.weights import export_state_dict, plan_weights
from tests.support.agreement import (
    assert_close,
    assert_filled_alike,
    assert_given_back,
    assert_same_gradients,
    assert_same_heads,
    assert_same_statistics,
    heads,
    load_strictly,
    our_heads,
    taken_names,
    training_step,
)
from tests.support.peers import SPECS, params, pixels, randomise

Check = tuple[str, Callable[[], None]]


class Line(Protocol):
    """A line of a table."""

    @property
    def variant(self) -> str: ...

    def checks(self) -> Iterator[Check]:
        """The laws of this line, each with its name."""
        ...

    def claims(self) -> Iterator[tuple[str, str]]:
        """Whose numbers ours are held to by this, and which: logits or parameters."""
        ...


@dataclass(frozen=True)
class Case:
    """A variant and another package's model of the same architecture, with the laws that they obey together."""

    peer: str
    """Whose model it is, as specs/README.md shows it."""
    spec: str
    variant: str
    model: Callable[[], nn.Module]
    laws: str
    """Words of `LAWS`."""
    settings: Iterable[str] = ()
    source: str = "auto"
    """The dialect of the model's state dict; `auto` finds it."""
    noise: Callable[[nn.Module], nn.Module] = randomise
    crops: str | None = None
    """What `build` warns of, where the peer too leaves out an end of its image."""

    def graph(self) -> Graph:
        return archspec.load(SPECS / f"{self.spec}.yaml", self.variant, self.settings)

    def build(self) -> nn.Module:
        with pytest.warns(UserWarning, match=self.crops) if self.crops else nullcontext():
            return archspec.build(self.graph())

    def checks(self) -> Iterator[Check]:
        for law in self.laws.split():
            yield f"{law}-{self.peer}-{self.variant}", lambda law=law: LAWS[law](self)  # type: ignore[misc]

    def claims(self) -> Iterator[tuple[str, str]]:
        yield from ((self.peer, law) for law in self.laws.split() if law in ("logits", "parameters"))


@dataclass(frozen=True)
class Formula:
    """A variant and published formulas: from a state dict under the names of `source`, and a batch, to the logits."""

    peer: str
    spec: str
    variant: str
    formula: Callable[[Mapping[str, Tensor], Tensor], Tensor]
    settings: Iterable[str] = ()
    source: str = "official"
    noise: Callable[[nn.Module], nn.Module] = randomise

    def checks(self) -> Iterator[Check]:
        yield f"formulas-{self.variant}", self.holds

    def claims(self) -> Iterator[tuple[str, str]]:
        yield self.peer, "logits"

    @torch.no_grad()
    def holds(self) -> None:
        """The same logits in evaluation, with noise in every tensor."""
        graph = archspec.load(SPECS / f"{self.spec}.yaml", self.variant, self.settings)
        model, x = self.noise(archspec.build(graph)).eval(), pixels(graph)
        weights = model.state_dict() if self.source == "archspec" else export_state_dict(model, self.source)
        assert_close(model(x), self.formula(weights, x), 1e-5)


@dataclass(frozen=True)
class Names:
    """The state dict that a source's code has for a variant: how many tensors, and some of their shapes."""

    spec: str
    variant: str
    count: int
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    source: str = "official"

    def checks(self) -> Iterator[Check]:
        yield f"names-{self.source}-{self.variant}", self.holds

    def claims(self) -> Iterator[tuple[str, str]]:
        yield from ()

    def holds(self) -> None:
        """As many names, and those shapes."""
        model = archspec.build(SPECS / f"{self.spec}.yaml", self.variant, device="meta")
        exported = export_state_dict(model, self.source)
        assert len(exported) == self.count
        assert {name: tuple(exported[name].shape) for name in self.shapes} == self.shapes


def parameters(case: Case) -> None:
    """As many parameters as the peer has; it is built without memory."""
    with torch.device("meta"):
        peer = case.model()
    assert case.graph().cost.params == params(peer)


def buffers(case: Case) -> None:
    """As many elements in buffers."""
    with torch.device("meta"):
        peer = case.model()
    assert case.graph().cost.buffers == sum(buffer.numel() for buffer in peer.buffers())


def places(case: Case) -> None:
    """Every tensor of the peer's has a place with us, and every one of ours is filled."""
    with torch.device("meta"):
        peer = case.model()
    report = plan_weights(case.graph(), peer.state_dict(), case.source)
    assert not report.faults
    assert report.filled == report.params


def logits(case: Case) -> None:
    """With the peer's tensors, strictly loaded, the same outputs in evaluation."""
    peer, x = case.noise(case.model()).eval(), pixels(case.graph())
    with torch.no_grad():
        expected = heads(peer(x))
    ours = case.build()
    load_strictly(ours, peer, case.source)
    del peer  # of the largest, two at work take more memory than a worker may
    with torch.no_grad():
        assert_same_heads(our_heads(ours.eval()(x)), expected, 1e-5)


def export(case: Case) -> None:
    """What was loaded is given back under the peer's names, tensor for tensor."""
    peer, ours = case.noise(case.model()), case.build()
    assert_given_back(ours, peer, load_strictly(ours, peer, case.source))


def training(case: Case) -> None:
    """In float64: the same outputs in training, the same gradients, the same statistics of batches."""
    peer, ours = case.noise(case.model()), case.build()
    source = load_strictly(ours, peer, case.source).source
    x = pixels(case.graph()).double()
    actual = training_step(ours.double(), x, our_heads)
    assert_same_heads(actual, training_step(peer.double(), x), 1e-12)
    assert_same_gradients(ours, peer)
    assert_same_statistics(ours, peer, source)


def dropping(case: Case) -> None:
    """In training, dropout at the same places and of the same rates, which a function of both stands in for."""
    peer, ours = case.noise(case.model()), case.build()
    load_strictly(ours, peer, case.source)
    x = pixels(case.graph()).double()
    plain = our_heads(ours.double().train()(x))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(F, "dropout", lambda y, p=0.5, training=True, inplace=False: y + p * y.sin() if training else y)
        actual, expected = our_heads(ours(x)), heads(peer.double().train()(x))
    assert_same_heads(actual, expected, 1e-12)
    assert all((actual[name] - plain[name]).abs().max() > 0.01 * plain[name].abs().max() for name in plain)


def filling(case: Case) -> None:
    """A fresh model has the peer's names, and starts from tensors of the same mean and spread."""
    torch.manual_seed(0)
    ours = case.build()
    peer = case.model()
    report = plan_weights(ours, peer.state_dict(), case.source)
    theirs, names = peer.state_dict(), taken_names(report, peer)
    assert_filled_alike(
        export_state_dict(ours, report.source), {name: theirs[name] for name in theirs if name in names}
    )


LAWS = {law.__name__: law for law in (parameters, buffers, places, logits, export, training, dropping, filling)}


def laws(cases: Iterable[Line]) -> Callable[[Callable[[], None]], None]:
    """The test of a table, which a family's file keeps under a name that pytest collects."""
    checks = [check for case in cases for check in case.checks()]

    @pytest.mark.parametrize("holds", [pytest.param(holds, id=name) for name, holds in checks])
    def test(holds: Callable[[], None]) -> None:
        holds()

    return test
