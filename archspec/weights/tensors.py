"""Tensors along a link: the source's into the model's, and back."""

from __future__ import annotations

import re

import torch
from einops import rearrange
from torch import Tensor

from archspec.errors import RuleError
from archspec.weights.dialect import Link


def imported(link: Link, theirs: list[Tensor], ours: list[Tensor]) -> list[Tensor]:
    """The source's tensors joined, rearranged and cut into one for each of the model's, whose shapes decide the cuts.

    Raises EinopsError, RuntimeError or IndexError where the shapes do not allow it.
    """
    whole = torch.cat(theirs, link.axis) if len(theirs) > 1 else theirs[0]
    if link.rearrange:
        shape = list(ours[0].shape)
        if len(ours) > 1:
            shape[link.axis] = sum(tensor.shape[link.axis] for tensor in ours)
        whole = rearrange(whole, link.rearrange, **_sizes(link, shape))
    if len(ours) == 1:
        return [whole]
    return list(torch.split(whole, [tensor.shape[link.axis] for tensor in ours], link.axis))


def exported(link: Link, ours: list[Tensor]) -> dict[str, Tensor]:
    """The way back: the model's tensors joined, rearranged and cut, by the source's names.

    Raises a RuleError where the rows cannot be cut in the link's ratio, EinopsError where the pattern does not fit.
    """
    whole = torch.cat(ours, link.axis) if len(ours) > 1 else ours[0]
    if link.rearrange:
        left, _, right = link.rearrange.partition("->")
        grouped = _grouped_axes(right)
        whole = rearrange(whole, f"{right} -> {left}",
                          **{axis: size for axis, size in link.sizes.items() if axis in grouped})  # fmt: skip
    if len(link.theirs) == 1:
        return {link.theirs[0]: whole}
    parts = link.parts or (1,) * len(link.theirs)
    unit, rest = divmod(whole.shape[link.axis], sum(parts))
    if rest:
        raise RuleError(f"{whole.shape[link.axis]} rows cannot be cut as {':'.join(map(str, parts))}")
    return dict(zip(link.theirs, torch.split(whole, [unit * part for part in parts], link.axis), strict=True))


def _sizes(link: Link, shape: list[int]) -> dict[str, int]:
    """The sizes of axes in parentheses on the source's side, where the rule or the model's shape tells them."""
    left, _, right = link.rearrange.partition("->") if link.rearrange else ("", "", "")
    axes = re.findall(r"\([^)]*\)|\S+", right)
    sizes = dict(zip(axes, shape, strict=False)) | dict(link.sizes)
    grouped = _grouped_axes(left)
    return {axis: size for axis, size in sizes.items() if axis in grouped}


def _grouped_axes(side: str) -> set[str]:
    return {axis for group in re.findall(r"\(([^)]*)\)", side) for axis in group.split()}
