"""Peers' models without downloads, with noise in every tensor, and what it means to agree with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import archspec
from archspec.graph.node import Graph
from archspec.language import open_spec
from archspec.ops.drop import DropPath

SPECS = Path(__file__).parents[2] / "specs"
BATCH = 2


def timm(name: str, **options: Any) -> nn.Module:
    """A model of timm's, as its code builds it."""
    import timm

    model: nn.Module = timm.create_model(name, pretrained=False, num_classes=1000, **options)
    return model


def hf(name: str, **config: Any) -> nn.Module:
    """A model of transformers: `CvtForImageClassification`, with a config of these values and 1000 labels."""
    import transformers

    config_class = getattr(transformers, f"{name.partition('For')[0]}Config")
    model: nn.Module = getattr(transformers, name)(config_class(num_labels=1000, **config))
    return model


@torch.no_grad()
def randomise(model: nn.Module, seed: int = 0) -> nn.Module:
    """Noise in every parameter and statistic: none keeps a 0 or a 1 that would hide that it is not used."""
    random = torch.Generator().manual_seed(seed)
    for name, tensor in model.state_dict(keep_vars=True).items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5, generator=random)
        elif tensor.ndim == 1:
            tensor.normal_(0, 0.2, generator=random).add_(name.endswith("weight"))
        elif tensor.is_floating_point() and tensor.numel():
            tensor.normal_(0, tensor[0].numel() ** -0.5, generator=random)
    return model


def twin(
    peer: nn.Module, spec: str, variant: str, overrides: Iterable[str] = (), source: str = "auto"
) -> tuple[nn.Module, Tensor]:
    """The variant of a spec with the peer's weights, of which none is missing or left over; and a batch for it."""
    graph = archspec.load(SPECS / f"{spec}.yaml", variant, overrides)
    model = archspec.build(graph)
    report = archspec.load_weights(model, peer.state_dict(), source)
    assert report.filled == report.params
    return model, pixels(graph)


def pixels(graph: Graph) -> Tensor:
    """Noise in the size that a spec asks for."""
    (shape,) = graph.inputs.values()
    return torch.randn(BATCH, *shape.sizes, generator=torch.Generator().manual_seed(1))


def variants(*specs: str) -> list[tuple[str, str]]:
    """Every variant of some specs."""
    return [(spec, variant) for spec in specs for variant in open_spec(SPECS / f"{spec}.yaml").variants]


def params(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def logits(output: Any) -> Tensor:
    """The tensor in what a model returns."""
    found: Tensor = output if isinstance(output, Tensor) else output.logits
    return found


def assert_close(found: Tensor, wanted: Tensor, tolerance: float, what: str = "") -> None:
    """max |Δ| within `tolerance` of the largest value."""
    assert found.shape == wanted.shape
    assert (found - wanted).abs().max() <= tolerance * wanted.abs().max(), what


@torch.no_grad()
def assert_same_logits(ours: nn.Module, peer: nn.Module, x: Tensor, tolerance: float = 1e-5) -> None:
    """The same logits in evaluation, to float rounding."""
    assert_close(logits(ours.eval()(x)), logits(peer.eval()(x)), tolerance)


def assert_same_gradients(ours: nn.Module, peer: nn.Module, tolerance: float = 1e-8) -> None:
    """After a backward pass in float64 on both sides: every gradient of the peer's, put in our place for it, is ours.

    Some are nothing but rounding noise, such as those of a key's bias, which shifts all scores of a query alike, or of
    a scale before a batch norm: these are measured against the largest.
    """
    gradients = {name: parameter.grad for name, parameter in peer.named_parameters()}
    wanted = deepcopy(ours)
    archspec.load_weights(wanted, {**peer.state_dict(), **gradients})
    targets = [parameter.detach() for parameter in wanted.parameters()]
    largest = max(target.abs().max() for target in targets)
    for (name, parameter), target in zip(ours.named_parameters(), targets, strict=True):
        assert parameter.grad is not None and parameter.grad.dtype == torch.float64, name
        scale = torch.maximum(target.abs().max(), 1e-5 * largest)
        assert (parameter.grad - target).abs().max() <= tolerance * scale, name


def assert_filled_alike(made: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    """Fresh state dicts: the same names, and in every tensor the same mean and spread, as far as its size can tell."""
    assert made.keys() == wanted.keys()
    for name, tensor in wanted.items():
        spread, count = float(tensor.float().std(correction=0)), tensor.numel()
        distance = float(made[name].float().mean() - tensor.float().mean())
        assert abs(distance) <= 6 * spread * (2 / count) ** 0.5, name
        assert abs(float(made[name].float().std(correction=0)) - spread) <= 6 * spread * count**-0.5, name


def rates(graph: Graph) -> dict[str, float]:
    """Every rate of drop path, by the path of the node that has it."""
    found = ((path, node.block) for path, node in graph.walk())
    return {path: block.rate for path, block in found if isinstance(block, DropPath)}
