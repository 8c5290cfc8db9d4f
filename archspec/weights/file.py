"""Files of weights: safetensors, and torch's own as long as they hold tensors only."""

from __future__ import annotations

import json
import re
import stat
import zipfile
from argparse import Namespace
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archspec.errors import listing, nearest
from archspec.files import replacing
from archspec.weights.checkpoint import Checkpoint, unwrap
from archspec.weights.error import file_error

if TYPE_CHECKING:
    from torch import Tensor

MOST_BYTES = 2**38
SUFFIXES = (".safetensors", ".pth", ".pt", ".bin", ".tar")


def read(path: str | Path, *, header_only: bool = False) -> Checkpoint:
    """A file's tensors, on the CPU – or on the meta device, where only names and shapes are wanted.

    Raises a WeightsError for a file that is missing, damaged, of another kind, or holds code.
    """
    head = _head(Path(path))
    if head[8:9] == b"{" and head[:4] != b"PK\x03\x04":
        return _read_safetensors(Path(path), header_only)
    if head.startswith(b"version https://git-lfs"):
        raise file_error(path, "is a pointer of git-lfs, not the weights themselves", "fetch them with `git lfs pull`")
    if head.lstrip().startswith((b"<", b"{")):
        kind = "JSON" if head.lstrip().startswith(b"{") else "a web page"
        raise file_error(path, f"is {kind}, not a file of weights", "name a .safetensors or a .pth file")
    return _read_pickle(Path(path), header_only)


def write(path: str | Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write a safetensors file, which appears whole or not at all; raises a WeightsError where it cannot."""
    from safetensors import SafetensorError
    from safetensors.torch import save_file

    path = Path(path)
    if not path.parent.is_dir():
        raise file_error(path, f"cannot be written: there is no folder {path.parent}")
    try:
        with replacing(path) as temporary:
            save_file(dict(tensors), temporary, {"format": "pt", **metadata})
    except (OSError, SafetensorError) as error:  # a full disk is either of them
        raise file_error(path, f"cannot be written: {_reason(error)}") from None


def _head(path: Path) -> bytes:
    """The first bytes of what must be a file, and neither empty nor enormous."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            candidates = sorted(file.name for file in path.iterdir() if file.suffix in SUFFIXES)
            help = f"it has {listing(candidates, 6)}" if candidates else None
            raise file_error(path, "is a folder, not a file of weights", help)
        if not stat.S_ISREG(status.st_mode):
            raise file_error(path, "is no ordinary file")
        if status.st_size == 0:
            raise file_error(path, "is empty")
        if status.st_size > MOST_BYTES:
            raise file_error(path, f"has {status.st_size:,} bytes, more than the {MOST_BYTES:,} that are read")
        with path.open("rb") as file:
            return file.read(64)
    except FileNotFoundError:
        neighbours = [file.name for file in path.parent.iterdir()] if path.parent.is_dir() else []
        raise file_error(path, "is not there", nearest(path.name, neighbours), code="file-missing") from None
    except (OSError, ValueError) as error:
        raise file_error(path, f"cannot be read: {_reason(error)}", code="file-unreadable") from None


def _read_safetensors(path: Path, header_only: bool) -> Checkpoint:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            keys: list[str] = file.keys()
            if header_only:
                tensors = {key: _outline(file.get_slice(key)) for key in keys}
            else:
                tensors = {key: file.get_tensor(key) for key in keys}
    except (SafetensorError, OSError, ValueError, json.JSONDecodeError) as error:
        raise file_error(path, f"is a damaged safetensors file: {str(error)[:200]}") from None
    if not tensors:
        raise file_error(path, "holds no tensors")
    checkpoint = unwrap(tensors, str(path))
    return Checkpoint(checkpoint.name, checkpoint.tensors, metadata, checkpoint.unwrapped)


def _outline(part: Any) -> Tensor:
    """A tensor of a safetensors file without its values."""
    import torch

    shape = part.get_shape()
    sample: Tensor = part[:0] if shape else part[...]
    return torch.empty(shape, dtype=sample.dtype, device="meta")


def _read_pickle(path: Path, header_only: bool) -> Checkpoint:
    """torch's format, read without running anything that it says."""
    import torch

    load = partial(torch.load, path, weights_only=True, mmap=zipfile.is_zipfile(path) or None)
    try:
        with torch.serialization.safe_globals([Namespace]):  # arguments, as DeiT and timm keep them
            try:
                contents = load(map_location="meta" if header_only else "cpu")
            except NotImplementedError:  # what is quantised cannot be read without its values
                contents = load(map_location="cpu")
    except Exception as error:  # torch raises nearly anything on a damaged file
        if code := re.search(r"GLOBAL ([\w.]+)", str(error)):
            message = f"holds {code[1]}, which is code and not a tensor, so it is not read"
            help = "save its state dict alone, best as safetensors"
            raise file_error(path, message, help, code="weights-code") from None
        message = "is no file of weights that can be read"
        raise file_error(path, message, "it may be damaged or cut off, or of another kind") from None
    return unwrap(contents, str(path))


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).lower()
