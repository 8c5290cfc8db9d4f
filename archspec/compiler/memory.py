"""Allocates and initialises a module that was built on the meta device."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def materialise(module: nn.Module, device: torch.device | str, dtype: torch.dtype | None) -> None:
    """Give memory to each module's own tensors, and fill them once.

    torch's own `to_empty` would do, but it imports what tracing needs first: a second, and the memory of a small model.
    """

    def empty(tensor: Tensor) -> Tensor:
        kind = dtype if dtype and tensor.is_floating_point() else tensor.dtype
        return torch.empty(tensor.shape, device=device, dtype=kind)  # `empty_like` of a meta tensor runs in Python

    for part in module.modules():
        parameters = {name: tensor for name, tensor in part._parameters.items() if tensor is not None}
        buffers = {name: tensor for name, tensor in part._buffers.items() if tensor is not None}
        for name, parameter in parameters.items():
            part._parameters[name] = nn.Parameter(empty(parameter), parameter.requires_grad)
        for name, buffer in buffers.items():
            part._buffers[name] = empty(buffer)
        if parameters or buffers:
            reset: Any = part.reset_parameters
            reset()
