"""Other packages' models without downloads, and the noise that every comparison starts from."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from archspec.graph.node import Graph
from archspec.language import open_spec
from archspec.ops.drop import DropPath

SPECS = Path(__file__).parents[2] / "specs"
BATCH = 2


def timm(name: str, **options: Any) -> nn.Module:
    """A model of timm, as its code builds it."""
    import timm

    model: nn.Module = timm.create_model(name, pretrained=False, num_classes=1000, **options)
    return model


def hf(name: str, **config: Any) -> nn.Module:
    """A model of transformers: `CvtForImageClassification`, with a config of these values and 1000 labels."""
    import transformers

    config_class = getattr(transformers, f"{name.partition('For')[0]}Config")
    model: nn.Module = getattr(transformers, name)(config_class(num_labels=1000, **config))
    return model


def lucid(name: str, **options: Any) -> nn.Module:
    """A model of vit-pytorch by its module and class: `vit.ViT`."""
    module, _, kind = name.partition(".")
    model: nn.Module = getattr(import_module(f"vit_pytorch.{module}"), kind)(**options)
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


@torch.no_grad()
def calm(model: nn.Module) -> nn.Module:
    """Half the noise, for a model without norms in its MLPs: else it grows from layer to layer, with its rounding."""
    for parameter in randomise(model).parameters():
        if parameter.ndim > 1:
            parameter.mul_(0.5)
    return model


def pixels(graph: Graph) -> Tensor:
    """Noise in the size that a spec asks for."""
    (shape,) = graph.inputs.values()
    return torch.randn(BATCH, *shape.sizes, generator=torch.Generator().manual_seed(1))


def settings(**values: Any) -> tuple[str, ...]:
    """Overrides of a spec's parameters; the keys of a nested one are joined to its name by a dot."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        flat |= {f"{name}.{key}": inner for key, inner in value.items()} if isinstance(value, dict) else {name: value}
    return tuple(f"params.{name}={value}" for name, value in flat.items())


def variants(spec: str) -> list[str]:
    """Every variant of a spec."""
    return list(open_spec(SPECS / f"{spec}.yaml").variants)


def params(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def rates(graph: Graph) -> dict[str, float]:
    """Every rate of drop path, by the path of the node that has it."""
    return {path: node.block.rate for path, node in graph.walk() if isinstance(node.block, DropPath)}
