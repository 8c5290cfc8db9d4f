"""DeiT's distillation losses (Touvron et al. 2021, §4): a student's `distillation` head learns from a teacher."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Kind = Literal["soft", "hard"]
Head = Literal["distillation", "logits"]
Reduction = Literal["mean", "batchmean"]


class DistillationLoss(nn.Module):
    """(1 − α) · base(logits, labels) + α · distillation(a head's logits, the teacher's logits), a number.

    The base term reads the class head and the true labels, the other term one of the student's heads and the teacher's
    logits for the same images. The teacher may be any module that returns logits (b, classes), or something that has
    them as `.logits`. It is frozen: it runs in evaluation mode and without gradients, its parameters no longer ask for
    any, and it is no part of the loss's own parameters and state dict, though it moves with the loss to a device.
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
        head: Head = "distillation",
    ) -> None:
        """`tau` and `reduction` are those of `soft_distillation`; DeiT's paper takes α = 0.1 and τ = 3 for it.

        `head` is the student's head that the teacher's term reads: `distillation`, as DeiT's code has it for both
        kinds, or `logits`, the class head, as the source article's hard loss has it (its section on DeiT).

        Raises ValueError where an argument is out of its range.
        """
        super().__init__()
        if head not in ("distillation", "logits"):
            raise ValueError(f"head is distillation or logits, got {head!r}")
        if kind not in ("soft", "hard"):
            raise ValueError(f"kind is soft or hard, got {kind!r}")
        if reduction not in ("mean", "batchmean"):
            raise ValueError(f"reduction is mean or batchmean, got {reduction!r}")
        if not 0 <= alpha <= 1:
            raise ValueError(f"alpha is a share from 0 to 1, got {alpha}")
        if not tau > 0:
            raise ValueError(f"tau is a temperature above 0, got {tau}")
        self._frozen = [teacher.requires_grad_(False)]  # in a list, nn.Module does not take it for a part of itself
        self.base = base
        self.kind, self.alpha, self.tau, self.reduction, self.head = kind, alpha, tau, reduction, head

    @property
    def teacher(self) -> nn.Module:
        """The frozen teacher."""
        return self._frozen[0]

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> DistillationLoss:
        """What `to`, `cuda` and `half` do to the loss, they do to the teacher."""
        self.teacher._apply(fn)
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return self

    def forward(self, images: Tensor, outputs: Any, labels: Tensor) -> Tensor:
        """The loss of a student's training `outputs` on `images`; `labels` are what the base criterion takes."""
        logits, distillation = heads(outputs)
        student = distillation if self.head == "distillation" else logits
        taught = ask(self.teacher, images)
        if taught.shape != student.shape:
            name = "distillation" if self.head == "distillation" else "class"
            raise ValueError(
                f"the {name} head gives {_size(student)}, the teacher {_size(taught)}; both give "
                "(samples, classes) for the same images and the same classes"
            )
        if self.kind == "hard":
            term = hard_distillation(student, taught)
        else:
            term = soft_distillation(student, taught, self.tau, self.reduction)
        return (1 - self.alpha) * self.base(logits, labels) + self.alpha * term

    def extra_repr(self) -> str:
        return f"kind={self.kind}, head={self.head}, alpha={self.alpha:g}, tau={self.tau:g}, reduction={self.reduction}"


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
