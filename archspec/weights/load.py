"""Weights in and out: any source's tensors into a model, a model's into a file or under another source's names.

The rules of renaming are data beside the specs (`archspec.weights.rules`). A module whose table depends on
the image's size has `resample(name, table, antialias=…) -> (tensor, note)`, and is asked when the shapes differ.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, get_args

import torch
from einops import EinopsError
from torch import Tensor, nn

import archspec
from archspec.compiler import compile
from archspec.errors import Problem, RuleError, listing, nearest, printable
from archspec.graph import Graph
from archspec.weights.admit import no_room
from archspec.weights.checkpoint import Checkpoint, unwrap
from archspec.weights.dialect import Resampling
from archspec.weights.error import WeightsError, shown
from archspec.weights.file import read, write
from archspec.weights.plan import plan, tensors_of
from archspec.weights.report import FAULTS, LoadReport
from archspec.weights.sources import origin_of, params_of, source_named, sources_of
from archspec.weights.tensors import exported

__all__ = ["LoadReport", "export_state_dict", "load_weights", "plan_weights", "save_weights"]

Weights = str | Path | Mapping[str, Any]
MOST_LINES = 40
_FAULT_WORDS = {
    "SHAPE": "of another shape",
    "KIND": "of a kind that it cannot hold",
    "MISSING": "missing",
    "UNEXPECTED": "left over",
}


def load_weights(
    model: nn.Module,
    weights: Weights,
    source: str = "auto",
    strict: bool = True,
    allow_missing: Iterable[str] = (),
    resampling: Resampling | None = None,
) -> LoadReport:
    """Fill a model from a file or a state dict, whoever wrote it; the values change in place, and only if all is well.

    `source` is one of the spec's `weights` file, `archspec` for the model's own names, or `auto`. `allow_missing` names
    tensors that need not fit (`head*`): the model's, which keep their values, or the source's, which are dropped.
    `resampling` is how tables of positions are brought to another image size, as in the source's own code unless it
    is given: `antialiased` as timm does, `bicubic` as DeiT's code does and all others; the report says which.

    Raises a WeightsError where the weights cannot be read, the source is unknown, or the model is on the meta device;
    under `strict` also where a tensor is missing, left over, of another shape, or of a kind that the model cannot hold.
    It is as it was then.
    """
    targets = tensors_of(model)
    for name, target in targets.items():
        if reason := no_room(target):
            help = "build it on cpu or cuda" if target.is_meta else None
            raise WeightsError(Problem("weights-device", f"{shown(name)} of the model {reason}", help=help))
    check_resampling(resampling)
    matched = plan(model, _open(weights), source, allow_missing, resampling)
    if strict and matched.report.faults:
        raise WeightsError(_misfit(matched.report))
    owned = {tensor.untyped_storage().data_ptr() for tensor in targets.values()}
    with torch.no_grad():  # a part of the model itself is read before it is written
        tensors = {name: tensor.clone() if tensor.untyped_storage().data_ptr() in owned else tensor
                   for name, tensor in matched.tensors.items()}  # fmt: skip
        for name, tensor in tensors.items():
            targets[name].copy_(tensor)
    return matched.report


def plan_weights(
    model: nn.Module | Graph,
    weights: Weights,
    source: str = "auto",
    allow_missing: Iterable[str] = (),
    resampling: Resampling | None = None,
) -> LoadReport:
    """What `load_weights` would do; of a file only names, shapes and dtypes are read.

    Raises a WeightsError where the weights cannot be read or the source is unknown; what does not fit is in the report.
    """
    model = compile(model, device="meta") if isinstance(model, Graph) else model
    check_resampling(resampling)
    opened = _open(weights, header_only=True)
    return plan(model, opened, source, allow_missing, resampling, without_values=True).report


def check_resampling(rule: str | None) -> None:
    """Raises a WeightsError where there is no such way to resample."""
    if rule is not None and rule not in get_args(Resampling):
        message = f"resampling is {' or '.join(get_args(Resampling))}, got {shown(rule)}"
        raise WeightsError(Problem("weights-source", message, help=nearest(str(rule), get_args(Resampling))))


def save_weights(model: nn.Module, path: str | Path) -> None:
    """Write a safetensors file that knows its spec: name, variant, hash and the whole of it stand in the metadata.

    Raises a WeightsError where the file cannot be written.
    """
    metadata = {"archspec": archspec.__version__}
    if (origin := origin_of(model)) is not None:
        metadata |= {
            "name": origin.name,
            "hash": origin.hash,
            "spec": json.dumps(_finite(origin.spec), allow_nan=False),
        }
        metadata |= {"variant": origin.variant} if origin.variant else {}
    tensors = {name: tensor.detach().contiguous() for name, tensor in model.state_dict().items()}
    write(path, tensors, metadata)


def export_state_dict(model: nn.Module, source: str) -> dict[str, Tensor]:
    """The model's tensors under another source's names and in its layout.

    Buffers that the model's own state dict leaves out are among them where a rule spells them.

    Raises a WeightsError where the source is unknown, or has no name for one of the model's tensors.
    """
    dialect, state = source_named(source, sources_of(model)), tensors_of(model)
    others = {name: buffer for name, buffer in model.named_buffers() if name not in state and dialect.spells(name)}
    ours = {name: tensor.detach() for name, tensor in (state | others).items()}
    links = dialect.links(ours, params_of(model))
    nameless = sorted(set(ours) - {name for link in links for name in link.ours})
    if nameless:
        message = f"{source} has no name for {listing(nameless, 6)}"
        raise WeightsError(Problem("weights-rule", message))
    tensors: dict[str, Tensor] = {}
    for link in links:
        try:
            tensors |= exported(link, [ours[name] for name in link.ours])
        except (EinopsError, RuleError) as error:
            raise WeightsError(Problem("weights-rule", f"{', '.join(link.ours)}: {error}", link.mark)) from None
    return tensors


def _open(weights: Weights, *, header_only: bool = False) -> Checkpoint:
    if not isinstance(weights, Mapping):
        return read(weights, header_only=header_only)
    return unwrap(weights, "the state dict")


def _finite(value: Any) -> Any:
    """Plain data with words, as YAML has them, for the numbers that JSON lacks."""
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    return value


def _misfit(report: LoadReport) -> Problem:
    """What is wrong with weights, as one problem."""
    counts = Counter(entry.status for entry in report.faults)
    faults = ", ".join(f"{counts[status]} {word}" for status, word in _FAULT_WORDS.items() if counts[status])
    lines = report.table(FAULTS)
    more = [f"… and {len(lines) - MOST_LINES} lines more"] if len(lines) > MOST_LINES else []
    message = f"{printable(report.file)} does not fit {report.model}, read as {report.source}: {faults}"
    help = "allow_missing names what may be missing, strict=False takes what fits"
    return Problem("weights-misfit", message, notes=(*lines[:MOST_LINES], *more), help=help)
