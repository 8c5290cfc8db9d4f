"""DeiT's distillation losses (Touvron et al. 2021, §4): a student's `distillation` head learns from a teacher."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Kind = Literal["soft", "hard"]
Reduction = Literal["mean", "batchmean"]


class DistillationLoss(nn.Module):
    """(1 − α) · base(logits, labels) + α · distillation(distillation logits, teacher's logits), a number.

    The base term reads the class head and the true labels, the other term the distillation head and what the teacher
    says of the same images. The teacher is asked in evaluation mode and without gradients, and is left in the mode it
    was in. It may be any module that returns logits (b, classes), or something that has them as `.logits`.
    """

    def __init__(
        self,
        teacher: nn.Module,
        base: Callable[[Tensor, Tensor], Tensor] = F.cross_entropy,
        *,
        kind: Kind = "hard",
        alpha: float = 0.5,
        tau: float = 1.0,
        reduction: Reduction = "mean",
    ) -> None:
        """`tau` and `reduction` are those of `soft_distillation`; DeiT's paper takes α = 0.1 and τ = 3 for it."""
        super().__init__()
        if kind not in ("soft", "hard"):
            raise ValueError(f"kind is soft or hard, got {kind!r}")
        if reduction not in ("mean", "batchmean"):
            raise ValueError(f"reduction is mean or batchmean, got {reduction!r}")
        if not 0 <= alpha <= 1:
            raise ValueError(f"alpha is a share from 0 to 1, got {alpha}")
        if not tau > 0:
            raise ValueError(f"tau is a temperature above 0, got {tau}")
        self.teacher, self.base = teacher, base
        self.kind, self.alpha, self.tau, self.reduction = kind, alpha, tau, reduction

    def forward(self, images: Tensor, outputs: Any, labels: Tensor) -> Tensor:
        """The loss of a student's training `outputs` on `images`; `labels` are what the base criterion takes."""
        logits, distillation = heads(outputs)
        taught = ask(self.teacher, images)
        if taught.shape != distillation.shape:
            raise ValueError(
                f"the distillation head gives {_size(distillation)}, the teacher {_size(taught)}; both give "
                "(samples, classes) for the same images and the same classes"
            )
        if self.kind == "hard":
            term = hard_distillation(distillation, taught)
        else:
            term = soft_distillation(distillation, taught, self.tau, self.reduction)
        return (1 - self.alpha) * self.base(logits, labels) + self.alpha * term

    def extra_repr(self) -> str:
        return f"kind={self.kind}, alpha={self.alpha:g}, tau={self.tau:g}, reduction={self.reduction}"


def soft_distillation(student: Tensor, teacher: Tensor, tau: float = 1.0, reduction: Reduction = "mean") -> Tensor:
    """τ² KL(teacher ‖ student) of the logits' softmax at temperature τ (DeiT, eq. 2).

    `mean` is over samples and classes, as in DeiT's code; `batchmean`, over samples alone, is the KL divergence itself,
    and larger by the number of classes.
    """
    ours, theirs = (F.log_softmax(logits / tau, 1) for logits in (student, teacher))
    total = F.kl_div(ours, theirs, reduction="sum", log_target=True) * tau**2
    return total / (student.numel() if reduction == "mean" else student.shape[0])


def hard_distillation(student: Tensor, teacher: Tensor) -> Tensor:
    """Cross-entropy with the class that the teacher decides for (DeiT, eq. 3)."""
    return F.cross_entropy(student, teacher.argmax(1))


def heads(outputs: Any) -> tuple[Tensor, Tensor]:
    """The logits of the class head and of the distillation head; a TypeError where the student has not both."""
    logits, distillation = (getattr(outputs, name, None) for name in ("logits", "distillation"))
    if not isinstance(logits, Tensor) or not isinstance(distillation, Tensor):
        names = getattr(outputs, "_fields", None)
        got = f"a NamedTuple with {', '.join(names)}" if names else f"a {type(outputs).__name__}"
        raise TypeError(
            f"a student returns a NamedTuple with logits and distillation, and this one returned {got}: "
            "put it in training mode, and let its spec say outputs: {train: {logits: …, distillation: …}, …}"
        )
    return logits, distillation


def ask(teacher: nn.Module, images: Tensor) -> Tensor:
    """A teacher's logits, in evaluation mode and without gradients."""
    with torch.no_grad(), evaluating(teacher):
        outputs = teacher(images)
    logits = getattr(outputs, "logits", outputs)
    if not isinstance(logits, Tensor):
        raise TypeError(f"a teacher returns logits, or something that has .logits; this one returned {type(outputs)}")
    return logits


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode for a while; every module then gets back the mode it was in."""
    modes = {part: part.training for part in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for part, mode in modes.items():
            part.training = mode


def _size(logits: Tensor) -> str:
    return "x".join(map(str, logits.shape))
