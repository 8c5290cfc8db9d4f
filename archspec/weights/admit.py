"""Tensors of any source as plain numbers that the model's tensors can hold, or a sentence about why not."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from archspec.errors import RuleError

WIDE = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
"""Floats that torch computes with; all others are read into the first two."""


def shape_of(tensor: Tensor) -> tuple[int, ...] | None:
    """The sides of a tensor; None for one that has no shape, or sides that are no numbers."""
    if tensor.is_nested or is_lazy(tensor):
        return None
    return tuple(map(int, tensor.shape))


def admitted(tensor: Tensor, dtypes: Iterable[torch.dtype], *, without_values: bool = False) -> tuple[Tensor, str]:
    """A tensor as an array of numbers that all the dtypes can hold, and what that changes; floats may be rounded.

    A tensor on the meta device has no values to be looked at: `without_values` takes it for one that fits. Raises a
    RuleError that says why a tensor cannot be taken.
    """
    if shape_of(tensor) is None:
        raise RuleError("a nested tensor has no shape" if tensor.is_nested else "a tensor that was never given a shape")
    if tensor.is_meta and not without_values:
        raise RuleError("a tensor on the meta device has no values")
    try:
        array, note = _array(tensor)
        for dtype in dict.fromkeys(dtypes):
            array, change = _held(array, dtype)
            note = ", ".join(filter(None, (note, change)))
    except RuleError:
        raise
    except (RuntimeError, TypeError, ValueError) as error:  # kinds that torch declares, and implements in part
        kind = f"{tensor.layout} tensors of {tensor.dtype}".replace("torch.", "")
        raise RuleError(f"{kind} cannot be read here: {str(error)[:80]}") from None
    return array, note


def no_room(tensor: Tensor) -> str | None:
    """Why a model's tensor cannot be filled in place; None where it can."""
    if shape_of(tensor) is None:
        return "has no shape yet"
    if tensor.is_meta:
        return "is on the meta device, where no tensor has a memory to be filled"
    if tensor.layout != torch.strided or tensor.is_quantized:
        return "is sparse or quantised"
    if any(stride == 0 and side > 1 for side, stride in zip(tensor.shape, tensor.stride(), strict=True)):
        return "has numbers that lie in one place"
    if tensor.is_inference() and not torch.is_inference_mode_enabled():
        return "was made in inference mode, and cannot be changed outside it"
    return None


def _array(tensor: Tensor) -> tuple[Tensor, str]:
    """A tensor as torch computes with, whatever way it is stored in, and what that was."""
    if tensor.is_quantized:
        return tensor.dequantize(), f"quantised {_name(tensor.dtype)}"
    note = "" if tensor.layout == torch.strided else "sparse"
    if tensor.is_meta:
        return torch.empty(tensor.shape, dtype=tensor.dtype, device="meta"), note
    return tensor.to_dense() if note else tensor, note


def _held(array: Tensor, dtype: torch.dtype) -> tuple[Tensor, str]:
    """An array in numbers that a dtype holds, and the dtypes where they differ; raises a RuleError where it does not.

    Floats stay as they are: the copy into the model rounds them.
    """
    if array.dtype == dtype:
        return array, ""
    change = f"{_name(array.dtype)} → {_name(dtype)}"
    if array.dtype.is_floating_point and dtype.is_floating_point:
        wide = array if array.dtype in WIDE else array.float()
        narrower = torch.finfo(dtype).max < torch.finfo(wide.dtype).max
        if narrower and not wide.is_meta and not torch.equal(wide.to(dtype).isfinite(), wide.isfinite()):
            raise RuleError(f"{change}: some of its numbers are too large")
        return wide, change
    real = array.real if array.is_complex() else array
    converted = real.to(dtype)
    if not array.is_meta:
        if array.is_complex() and bool(array.imag.count_nonzero()):
            raise RuleError(f"{change}: its imaginary parts would be lost")
        if not torch.equal(converted.to(real.dtype), real):
            raise RuleError(f"{change}: some of its numbers would change")
    return converted, change


def numel(shape: Iterable[int] | None) -> int:
    """How many numbers an array of this shape has."""
    return math.prod(shape or ())


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
