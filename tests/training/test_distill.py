"""DeiT's distillation losses against closed forms, vit-pytorch's own code, and students of every kind."""

from __future__ import annotations

import math
import pickle
import sys
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import archspec
from archspec.compiler import output_type
from archspec.training import DistillationLoss, evaluating, hard_distillation, soft_distillation
from tests.support.article import article

SMALL = {"params.image": 16, "params.patch": 8, "params.dim": 16, "params.depth": 2, "params.heads": 2}
DIST_TOKEN = {
    "graph.cls.names": ["cls", "dist"],
    "graph.dist": {"block": "select_token", "from": "norm", "token": "dist"},
    "graph.dist_head": {"block": "linear", "from": "dist", "features": "$classes"},
    "graph.both": {"block": "mean", "from": ["head", "dist_head"]},
    "outputs": {
        "logits": None,
        "train": {"logits": "head", "distillation": "dist_head"},
        "eval": {"logits": "both"},
    },
}
"""What makes a distilled variant of a spec whose class token is `cls`, last norm `norm` and head `head`."""

NUMBERS = torch.Generator().manual_seed(0)
LOGITS, DISTILLATION, TAUGHT = torch.randn(3, 4, 10, generator=NUMBERS)
LABELS = torch.tensor([3, 1, 4, 1])
IMAGES = torch.randn(4, 3, 16, 16, generator=NUMBERS)


class Fixed(nn.Module):
    """A teacher that always gives the same logits; it writes down in which mode it was asked."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = nn.Parameter(logits)
        self.asked: list[tuple[bool, bool]] = []

    def forward(self, _images: Tensor) -> Tensor:
        self.asked.append((self.training, torch.is_grad_enabled()))
        return self.logits * 1


def outputs(logits: Tensor = LOGITS, distillation: Tensor = DISTILLATION) -> Any:
    kind: Any = output_type(("logits", "distillation"))
    return kind(logits, distillation)


def test_soft_is_the_divergence_by_hand() -> None:
    student, teacher = torch.zeros(1, 2), torch.tensor([[math.log(3), 0.0]])
    divergence = 0.75 * math.log(1.5) - 0.25 * math.log(2)
    assert soft_distillation(student, teacher, reduction="batchmean").item() == pytest.approx(divergence)
    assert soft_distillation(student, teacher).item() == pytest.approx(divergence / 2)
    assert soft_distillation(2 * student, 2 * teacher, tau=2.0).item() == pytest.approx(4 * divergence / 2)


@pytest.mark.parametrize(("alpha", "tau"), [(0.5, 1.0), (0.1, 3.0)])
def test_soft_is_the_official_formula(alpha: float, tau: float) -> None:
    loss = DistillationLoss(Fixed(TAUGHT), kind="soft", alpha=alpha, tau=tau)
    p, q = (DISTILLATION / tau).softmax(1), (TAUGHT / tau).softmax(1)
    divergence = (q * (q / p).log()).sum() * tau * tau / DISTILLATION.numel()
    expected = (1 - alpha) * -LOGITS.log_softmax(1)[range(4), LABELS].mean() + alpha * divergence
    torch.testing.assert_close(loss(IMAGES, outputs(), LABELS), expected)


def test_batchmean_is_larger_by_the_number_of_classes() -> None:
    mean, batchmean = (soft_distillation(DISTILLATION, TAUGHT, 3.0, rule) for rule in ("mean", "batchmean"))
    torch.testing.assert_close(batchmean, 10 * mean)


@pytest.mark.parametrize("kind", ["soft", "hard"])
@pytest.mark.parametrize(("alpha", "tau"), [(0.5, 1.0), (0.1, 3.0)])
def test_batchmean_and_hard_are_those_of_vit_pytorch(
    kind: Any, alpha: float, tau: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "torchvision._meta_registrations", ModuleType("no_registrations"))
    from vit_pytorch.distill import DistillWrapper

    teacher = Fixed(TAUGHT)
    wrapper = SimpleNamespace(
        teacher=teacher,
        student=lambda _images, distill_token: (LOGITS, DISTILLATION),
        distillation_token=None,
        distill_mlp=nn.Identity(),
        temperature=tau,
        alpha=alpha,
        hard=kind == "hard",
    )
    expected = DistillWrapper.forward(wrapper, IMAGES, LABELS)
    loss = DistillationLoss(teacher, kind=kind, alpha=alpha, tau=tau, reduction="batchmean")
    torch.testing.assert_close(loss(IMAGES, outputs(), LABELS), expected)


def test_hard_teaches_the_distillation_head_and_labels_the_other() -> None:
    logits, distillation = LOGITS.clone().requires_grad_(), DISTILLATION.clone().requires_grad_()
    teacher = Fixed(TAUGHT)
    DistillationLoss(teacher, kind="hard")(IMAGES, outputs(logits, distillation), LABELS).backward()
    for given, labels in ((logits, LABELS), (distillation, TAUGHT.argmax(1))):
        expected = 0.5 * (given.detach().softmax(1) - F.one_hot(labels, 10)) / 4
        torch.testing.assert_close(given.grad, expected)
    assert teacher.logits.grad is None


def test_base_criterion_is_the_users() -> None:
    soft_labels = TAUGHT.softmax(1)
    loss = DistillationLoss(Fixed(TAUGHT), F.binary_cross_entropy_with_logits, alpha=0.25)
    expected = 0.75 * F.binary_cross_entropy_with_logits(LOGITS, soft_labels) + 0.25 * hard_distillation(
        DISTILLATION, TAUGHT
    )
    torch.testing.assert_close(loss(IMAGES, outputs(), soft_labels), expected)


def test_teacher_is_asked_in_evaluation_without_gradients_and_left_as_it_was() -> None:
    teacher = nn.Sequential(nn.BatchNorm2d(3).eval(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(768, 10))
    watched = Fixed(TAUGHT)
    DistillationLoss(watched)(IMAGES, outputs(), LABELS)
    assert watched.asked == [(False, False)]
    assert watched.training
    DistillationLoss(teacher)(IMAGES, outputs(), LABELS)
    assert [part.training for part in teacher] == [False, True, True, True]
    with pytest.raises(RuntimeError), evaluating(teacher):
        teacher(IMAGES[:, :1])
    assert teacher.training


def test_teacher_may_give_an_object_with_logits() -> None:
    class Packed(Fixed):
        def forward(self, images: Tensor) -> Any:
            return SimpleNamespace(logits=super().forward(images))

    given = DistillationLoss(Packed(TAUGHT))(IMAGES, outputs(), LABELS)
    torch.testing.assert_close(given, DistillationLoss(Fixed(TAUGHT))(IMAGES, outputs(), LABELS))


@pytest.mark.parametrize("kind", ["soft", "hard"])
def test_token_added_in_yaml_makes_a_student(kind: Any) -> None:
    student = archspec.build("specs/vit.yaml", overrides={**SMALL, **DIST_TOKEN, "params.classes": 10})
    teacher = archspec.build("specs/vit.yaml", overrides={**SMALL, "params.classes": 10})
    loss = DistillationLoss(teacher, kind=kind)(IMAGES, student(IMAGES), LABELS)
    loss.backward()
    assert all(parameter.grad is not None and parameter.grad.isfinite().all() for parameter in student.parameters())
    assert all(parameter.grad is None for parameter in teacher.parameters())
    assert student.eval()(IMAGES).shape == (4, 10)


def test_distilled_student_may_teach_another() -> None:
    student = archspec.build("specs/vit.yaml", overrides={**SMALL, **DIST_TOKEN, "params.classes": 10})
    assert DistillationLoss(student)(IMAGES, student(IMAGES), LABELS).isfinite()


def test_student_without_a_distillation_output_is_told_so() -> None:
    loss = DistillationLoss(Fixed(TAUGHT))
    with pytest.raises(TypeError, match="returned a Tensor: put it in training mode"):
        loss(IMAGES, LOGITS, LABELS)
    features: Any = output_type(("logits", "features"))
    with pytest.raises(TypeError, match="a NamedTuple with logits, features"):
        loss(IMAGES, features(LOGITS, LOGITS), LABELS)


def test_class_counts_that_differ_are_told() -> None:
    for kind in ("soft", "hard"):
        with pytest.raises(ValueError, match="distillation head gives 4x10, the teacher 4x7"):
            DistillationLoss(Fixed(TAUGHT[:, :7]), kind=kind)(IMAGES, outputs(), LABELS)


@pytest.mark.parametrize(
    "wrong", [{"kind": "medium"}, {"alpha": 1.5}, {"alpha": math.nan}, {"tau": 0.0}, {"reduction": "sum"}]
)
def test_settings_out_of_range_are_told(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        DistillationLoss(Fixed(TAUGHT), **wrong)


@pytest.mark.parametrize(("head", "student"), [("distillation", DISTILLATION), ("logits", LOGITS)])
def test_the_hard_loss_reads_the_head_that_it_is_given(head: Any, student: Tensor) -> None:
    """DeiT's code reads the distillation head, the article's formula the class head."""
    loss = DistillationLoss(Fixed(TAUGHT), kind="hard", head=head)
    expected = 0.5 * F.cross_entropy(LOGITS, LABELS) + 0.5 * F.cross_entropy(student, TAUGHT.argmax(1))
    assert loss(IMAGES, outputs(), LABELS).item() == pytest.approx(expected.item())
    with pytest.raises(ValueError, match="head is distillation or logits"):
        DistillationLoss(Fixed(TAUGHT), head="class")  # type: ignore[arg-type]


@pytest.mark.parametrize(("hard", "kind", "head"), [(False, "soft", "distillation"), (True, "hard", "logits")])
@pytest.mark.parametrize(("temperature", "alpha"), [(1.0, 0.5), (3.0, 0.2)])
def test_the_articles_wrapper_computes_the_same(
    hard: bool, kind: Any, head: Any, temperature: float, alpha: float
) -> None:
    torch.manual_seed(0)
    sizes = {"image_size": 32, "patch_size": 16, "num_classes": 10, "dim": 24, "depth": 1, "heads": 2, "mlp_dim": 24}
    teacher = Fixed(TAUGHT)
    with article():
        distill: Any = import_module("vit_pytorch.distill")
    student = distill.DistillableViT(**sizes)
    wrapper = distill.DistillWrapper(
        teacher=teacher, student=student, temperature=temperature, alpha=alpha, hard=hard
    ).eval()
    images = torch.randn(4, 3, 32, 32)
    with torch.no_grad():
        logits, token = student.eval()(images, distill_token=wrapper.distillation_token)
        ours = DistillationLoss(teacher, kind=kind, head=head, alpha=alpha, tau=temperature, reduction="batchmean")
        actual = ours(images, outputs(logits, wrapper.distill_mlp(token)), LABELS)
        torch.testing.assert_close(actual, wrapper(images, LABELS))


def test_the_teacher_is_frozen_and_no_part_of_the_loss() -> None:
    teacher = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 10))
    loss = DistillationLoss(teacher)
    assert not list(loss.parameters()) and not loss.state_dict()
    assert not any(parameter.requires_grad for parameter in teacher.parameters())
    assert next(loss.to(torch.float64).teacher.parameters()).dtype == torch.float64
    assert next(pickle.loads(pickle.dumps(loss)).teacher.parameters()).dtype == torch.float64


class Trained(nn.Module):
    """A student with its loss in one module, as a training script wraps them."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 20))
        self.loss = DistillationLoss(nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 10)))

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        loss: Tensor = self.loss(images, outputs(*self.body(images).chunk(2, 1)), labels)
        return loss


def test_a_module_that_contains_the_loss_runs_under_ddp(tmp_path: Path) -> None:
    place = f"file://{tmp_path}/store"
    torch.distributed.init_process_group("gloo", place, timedelta(seconds=60), world_size=1, rank=0)
    try:
        model = nn.parallel.DistributedDataParallel(Trained())
        for _ in range(2):  # a parameter without a gradient would be missed in the second step
            model(IMAGES, LABELS).backward()
        assert all(parameter.grad is not None for parameter in model.parameters())
    finally:
        torch.distributed.destroy_process_group()
