"""What it means that two models agree: one tensor, the outputs, the gradients, the names, the fresh values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

import archspec
from archspec.weights import LoadReport, export_state_dict
from tests.support.peers import SPECS, pixels


def twin(
    peer: nn.Module, spec: str, variant: str, overrides: Iterable[str] = (), source: str = "auto"
) -> tuple[nn.Module, Tensor]:
    """The variant of a spec with the peer's weights, of which none is missing or left over; and a batch for it."""
    graph = archspec.load(SPECS / f"{spec}.yaml", variant, overrides)
    model = archspec.build(graph)
    load_strictly(model, peer, source)
    return model, pixels(graph)


def load_strictly(model: nn.Module, peer: nn.Module, source: str = "auto") -> LoadReport:
    """Fill every tensor of ours from the peer's."""
    report = archspec.load_weights(model, peer.state_dict(), source)
    assert report.filled == report.params
    return report


def taken_names(report: LoadReport, peer: nn.Module) -> set[str]:
    """The peer's tensors without those that the rules pass over, such as tables that follow from the sizes."""
    dropped = {name for entry in report.entries if entry.status == "DROPPED" for name in entry.theirs}
    return set(peer.state_dict()) - dropped


def assert_close(actual: Tensor, expected: Tensor, tolerance: float, what: str = "") -> None:
    """max |Δ| within `tolerance` of the largest value."""
    assert actual.shape == expected.shape
    assert (actual - expected).abs().max() <= tolerance * expected.abs().max(), what


def heads(output: Any) -> dict[str, Tensor]:
    """The tensors in what a model returns: one, a tuple of logits and distillation, or an output of transformers."""
    if isinstance(output, Tensor):
        return {"logits": output}
    if isinstance(output, tuple):
        names = getattr(output, "_fields", ("logits", "distillation"))
        return dict(zip(names, output, strict=True))
    return {"logits": output.logits}


def our_heads(output: Any) -> dict[str, Tensor]:
    """The tensors that ours returns, which names them where they are two."""
    assert isinstance(output, Tensor) or output._fields == ("logits", "distillation")
    return heads(output)


def assert_same_heads(actual: Mapping[str, Tensor], expected: Mapping[str, Tensor], tolerance: float) -> None:
    assert actual.keys() == expected.keys()
    for name, tensor in expected.items():
        assert_close(actual[name], tensor, tolerance, name)


@torch.no_grad()
def assert_same_logits(ours: nn.Module, peer: nn.Module, x: Tensor, tolerance: float = 1e-5) -> None:
    """The same outputs in evaluation, to float rounding."""
    assert_same_heads(our_heads(ours.eval()(x)), heads(peer.eval()(x)), tolerance)


def assert_given_back(ours: nn.Module, peer: nn.Module, report: LoadReport) -> None:
    """Under the peer's names, our tensors are the peer's own: it could load them strictly."""
    exported, theirs = export_state_dict(ours, report.source), peer.state_dict()
    assert exported.keys() == taken_names(report, peer)
    for name, tensor in exported.items():
        assert torch.equal(tensor, theirs[name]), name


def assert_same_statistics(ours: nn.Module, peer: nn.Module, source: str, tolerance: float = 1e-12) -> None:
    """The same statistics of batches, by the peer's names, and everything else that a state dict has."""
    theirs = peer.state_dict()
    for name, tensor in export_state_dict(ours, source).items():
        assert_close(tensor.double(), theirs[name].double(), tolerance, name)


def training_step(model: nn.Module, x: Tensor, read: Callable[[Any], dict[str, Tensor]] = heads) -> dict[str, Tensor]:
    """The outputs in training; each head gives gradients of its own, which stay in the parameters."""
    outputs = read(model.train()(x))
    loss = torch.stack([output.pow(2 + place).sum() for place, output in enumerate(outputs.values())]).sum()
    loss.backward()
    return {name: output.detach() for name, output in outputs.items()}


def assert_same_gradients(ours: nn.Module, peer: nn.Module, tolerance: float = 1e-8) -> None:
    """After a backward pass in float64 on both sides: every gradient of the peer's, put in our place for it, is ours.

    Some are nothing but rounding noise, such as those of a key's bias, which shifts all scores of a query alike, or of
    a scale before a batch norm: these are measured against the largest. Our gradients are gone afterwards.
    """
    theirs = {name: parameter.grad for name, parameter in peer.named_parameters()}
    gradients = {name: parameter.grad for name, parameter in ours.named_parameters()}
    ours.zero_grad()  # the copy would copy them
    holder = deepcopy(ours)
    archspec.load_weights(holder, {**peer.state_dict(), **theirs})
    targets = [parameter.detach() for parameter in holder.parameters()]
    largest = max(target.abs().max() for target in targets)
    for (name, gradient), target in zip(gradients.items(), targets, strict=True):
        assert gradient is not None and gradient.dtype == torch.float64, name
        scale = torch.maximum(target.abs().max(), 1e-5 * largest)
        assert (gradient - target).abs().max() <= tolerance * scale, name


def assert_filled_alike(actual: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> None:
    """Fresh state dicts: the same names and shapes; in every tensor the same mean and spread, as its size can tell."""
    assert actual.keys() == expected.keys()
    for name, tensor in expected.items():
        assert actual[name].shape == tensor.shape, name
        spread, count = float(tensor.float().std(correction=0)), tensor.numel()
        distance = float(actual[name].float().mean() - tensor.float().mean())
        assert abs(distance) <= 6 * spread * (2 / count) ** 0.5, name
        assert abs(float(actual[name].float().std(correction=0)) - spread) <= 6 * spread * count**-0.5, name
