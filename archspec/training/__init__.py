"""Training: losses that let a model learn from a teacher."""

from archspec.training.distill import DistillationLoss, evaluating, hard_distillation, heads, soft_distillation

__all__ = ["DistillationLoss", "evaluating", "hard_distillation", "heads", "soft_distillation"]
