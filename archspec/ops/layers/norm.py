"""Normalisation."""

from __future__ import annotations

from torch import Tensor, nn


class ImageNorm(nn.LayerNorm):
    """Layer normalisation over the channels of each cell: (b, c, h, w) → the same."""

    def __init__(self, channels: int, eps: float) -> None:
        super().__init__(channels, eps)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class DeviationNorm(nn.LayerNorm):
    """Layer normalisation over the last axis that divides by the deviation plus eps, not by √(variance + eps)."""

    def forward(self, x: Tensor) -> Tensor:
        centred = x - x.mean(-1, keepdim=True)
        deviation = centred.square().mean(-1, keepdim=True).sqrt()  # torch.std warns where the batch is of no sample
        return centred / (deviation + self.eps) * self.weight + self.bias


class ImageDeviationNorm(DeviationNorm):
    """The same over the channels of each cell: (b, c, h, w) → the same."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class GammaBatchNorm(nn.modules.batchnorm._BatchNorm):
    """torch's batch norm whose scale starts from `gamma`."""

    def __init__(self, channels: int, eps: float, *, gamma: float) -> None:
        self.gamma = gamma
        super().__init__(channels, eps)

    def reset_parameters(self) -> None:
        super().reset_parameters()
        nn.init.constant_(self.weight, self.gamma)


class BatchNorm2d(GammaBatchNorm, nn.BatchNorm2d):
    """Batch norm of images (b, c, h, w)."""


class VectorBatchNorm(GammaBatchNorm, nn.BatchNorm1d):
    """Batch norm of vectors (b, c)."""


class TokenBatchNorm(VectorBatchNorm):
    """Batch norm of tokens (b, n, c): every token of every sample is one observation."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.flatten(0, 1)).view_as(x)
