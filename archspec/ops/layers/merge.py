"""Modules that combine several values into one, or scale one."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Add(nn.Module):
    """The sum of its inputs."""

    def forward(self, x: Tensor, *others: Tensor) -> Tensor:
        for other in others:
            x = x + other
        return x


class Mean(nn.Module):
    """The mean of its inputs."""

    def forward(self, *xs: Tensor) -> Tensor:
        return torch.stack(xs).mean(0)


class Concat(nn.Module):
    """Its inputs joined along one axis."""

    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, *xs: Tensor) -> Tensor:
        return torch.cat(xs, self.axis)


class Scale(nn.Module):
    """Multiplication by a constant."""

    def __init__(self, by: float) -> None:
        super().__init__()
        self.by = by

    def forward(self, x: Tensor) -> Tensor:
        return x * self.by


class Gate(nn.Module):
    """x multiplied by a vector (b, c) that is broadcast over the axes of x at `places`."""

    def __init__(self, places: tuple[int, ...]) -> None:
        super().__init__()
        self.places = places

    def forward(self, x: Tensor, gate: Tensor) -> Tensor:
        for place in self.places:
            gate = gate.unsqueeze(place)
        return x * gate


class LayerScale(nn.Module):
    """Multiplication by a learned factor per channel."""

    def __init__(self, channels: int, init: float | str) -> None:
        super().__init__()
        self.init = init
        self.gamma = nn.Parameter(torch.empty(channels))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        if self.init == "uniform":
            nn.init.uniform_(self.gamma, -1, 1)
        else:
            nn.init.constant_(self.gamma, float(self.init))

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gamma
