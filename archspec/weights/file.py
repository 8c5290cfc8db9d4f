"""Files of weights: safetensors, and torch's own as long as they hold tensors only."""

from __future__ import annotations

import json
import re
import stat
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec.errors import Problem, SpecError, listing, nearest
from archspec.files import replacing

if TYPE_CHECKING:
    from torch import Tensor

MOST_BYTES = 2**38
MOST_WRAPPINGS = 4
ENTRIES = ("state_dict_ema", "model_ema", "state_dict", "model")
"""Where a training run keeps the weights among other things, the best first."""
SUFFIXES = (".safetensors", ".pth", ".pt", ".bin", ".tar")
PREFIXES = ("module.", "_orig_mod.")
"""What DistributedDataParallel and torch.compile put in front of every name."""


class WeightsError(SpecError):
    """Weights that cannot be had, or do not fit."""

    def __reduce__(self) -> tuple[type[WeightsError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


@dataclass(frozen=True, slots=True, eq=False)
class Checkpoint:
    """Tensors by name; `metadata` is safetensors', `unwrapped` says what they were taken out of."""

    name: str
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str] = field(default_factory=dict)
    unwrapped: tuple[str, ...] = ()


def read(path: str | Path, *, header_only: bool = False) -> Checkpoint:
    """A file's tensors, on the CPU – or on the meta device, where only names and shapes are wanted."""
    head = _head(Path(path))
    if head[8:9] == b"{" and head[:4] != b"PK\x03\x04":
        return _safetensors(Path(path), header_only)
    if head.startswith(b"version https://git-lfs"):
        raise _error(path, "is a pointer of git-lfs, not the weights themselves", "fetch them with `git lfs pull`")
    if head.lstrip().startswith((b"<", b"{")):
        kind = "JSON" if head.lstrip().startswith(b"{") else "a web page"
        raise _error(path, f"is {kind}, not a file of weights", "name a .safetensors or a .pth file")
    return _pickled(Path(path), header_only)


def unwrap(found: Any, name: str) -> Checkpoint:
    """The state dict in what a training run has saved, without the prefixes that wrappers of models add."""
    taken: list[str] = []
    while isinstance(found, Mapping) and len(taken) < MOST_WRAPPINGS:
        entry = next((key for key in ENTRIES if isinstance(found.get(key), Mapping)), None)
        if entry is None:
            break
        taken.append(f"the entry {entry}")
        found = found[entry]
    tensors = {key: value for key, value in found.items() if _is_tensor(value)} if isinstance(found, Mapping) else {}
    if not tensors or not all(isinstance(key, str) for key in tensors):
        holds = f"a mapping with {listing(map(str, found), 6)}" if isinstance(found, Mapping) else type(found).__name__
        raise _error(name, f"holds no tensors by name, but {holds or 'nothing'}", "save `model.state_dict()`")
    for prefix in PREFIXES:
        if all(key.startswith(prefix) for key in tensors):
            taken.append(f"the prefix {prefix}")
            tensors = {key.removeprefix(prefix): value for key, value in tensors.items()}
    return Checkpoint(name, tensors, {}, tuple(taken))


def write(path: str | Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """A safetensors file, which is there whole or not at all."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    path = Path(path)
    if not path.parent.is_dir():
        raise _error(path, f"cannot be written: there is no folder {path.parent}")
    try:
        with replacing(path) as aside:
            save_file(dict(tensors), aside, {"format": "pt", **metadata})
    except (OSError, SafetensorError) as error:  # a full disk is either of them
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise _error(path, f"cannot be written: {reason}") from None


def _head(path: Path) -> bytes:
    """The first bytes of what must be a file, and neither empty nor enormous."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            inside = sorted(file.name for file in path.iterdir() if file.suffix in SUFFIXES)
            help = f"it has {listing(inside, 6)}" if inside else None
            raise _error(path, "is a folder, not a file of weights", help)
        if not stat.S_ISREG(status.st_mode):
            raise _error(path, "is no ordinary file")
        if status.st_size == 0:
            raise _error(path, "is empty")
        if status.st_size > MOST_BYTES:
            raise _error(path, f"has {status.st_size:,} bytes, more than the {MOST_BYTES:,} that are read")
        with path.open("rb") as file:
            return file.read(64)
    except FileNotFoundError:
        beside = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
        raise _error(path, "is not there", nearest(path.name, beside), code="file-missing") from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise _error(path, f"cannot be read: {reason}", code="file-unreadable") from None


def _safetensors(path: Path, header_only: bool) -> Checkpoint:
    import torch
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            keys: list[str] = file.keys()
            if header_only:
                tensors = {key: torch.empty(file.get_slice(key).get_shape(), device="meta") for key in keys}
            else:
                tensors = {key: file.get_tensor(key) for key in keys}
    except (SafetensorError, OSError, ValueError, json.JSONDecodeError) as error:
        raise _error(path, f"is a damaged safetensors file: {str(error)[:200]}") from None
    if not tensors:
        raise _error(path, "holds no tensors")
    found = unwrap(tensors, str(path))
    return Checkpoint(found.name, found.tensors, metadata, found.unwrapped)


def _pickled(path: Path, header_only: bool) -> Checkpoint:
    """torch's format, read without running anything that it says."""
    import torch

    device = "meta" if header_only else "cpu"
    try:
        found = torch.load(path, map_location=device, weights_only=True, mmap=zipfile.is_zipfile(path) or None)
    except Exception as error:  # torch raises nearly anything on a damaged file
        if named := re.search(r"GLOBAL ([\w.]+)", str(error)):
            message = f"holds {named[1]}, which is code and not a tensor, so it is not read"
            help = "save its state dict alone, best as safetensors"
            raise _error(path, message, help, code="weights-code") from None
        message = "is no file of weights that can be read"
        raise _error(path, message, "it may be damaged or cut off, or of another kind") from None
    return unwrap(found, str(path))


def _is_tensor(value: Any) -> bool:
    import torch

    return isinstance(value, torch.Tensor)


def _error(path: str | Path, message: str, help: str | None = None, *, code: str = "weights-file") -> WeightsError:
    return WeightsError(Problem(code, f"{path} {message}", help=help))
