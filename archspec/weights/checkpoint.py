"""A checkpoint: tensors by name, out of whatever a training run has wrapped them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archspec.errors import listing
from archspec.weights.error import file_error, shown

if TYPE_CHECKING:
    from torch import Tensor

MOST_WRAPPINGS = 4
ENTRIES = ("state_dict_ema", "model_ema", "state_dict", "model")
"""Where a training run keeps the weights among other things, the best first."""
PREFIXES = ("module.", "_orig_mod.")
"""What DistributedDataParallel and torch.compile put in front of every name."""


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """Tensors by name; `metadata` is safetensors', `unwrapped` says what they were taken out of."""

    name: str
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str] = field(default_factory=dict)
    unwrapped: tuple[str, ...] = ()


def unwrap(contents: Any, name: str) -> Checkpoint:
    """The state dict in what a training run has saved, without the prefixes that wrappers of models add.

    Raises a WeightsError where there are no tensors by name.
    """
    unwrapped: list[str] = []
    while isinstance(contents, Mapping) and len(unwrapped) < MOST_WRAPPINGS:
        entry = next((key for key in ENTRIES if isinstance(contents.get(key), Mapping)), None)
        if entry is None:
            break
        unwrapped.append(f"the entry {entry}")
        contents = contents[entry]
    items = contents.items() if isinstance(contents, Mapping) else ()
    tensors = {key: value for key, value in items if _is_tensor(value)}
    if not tensors or not all(isinstance(key, str) for key in tensors):
        is_mapping = isinstance(contents, Mapping)
        kind = f"a mapping with {listing(map(shown, contents), 6)}" if is_mapping else type(contents).__name__
        raise file_error(name, f"holds no tensors by name, but {kind or 'nothing'}", "save `model.state_dict()`")
    for prefix in PREFIXES:
        if all(key.startswith(prefix) for key in tensors):
            unwrapped.append(f"the prefix {prefix}")
            tensors = {key.removeprefix(prefix): value for key, value in tensors.items()}
    return Checkpoint(name, tensors, {}, tuple(unwrapped))


def _is_tensor(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor)
