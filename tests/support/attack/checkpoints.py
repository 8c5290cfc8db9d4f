"""Hostile checkpoints: tensors that cannot be copied as they are, damaged files, and pickles that try to run code."""

from __future__ import annotations

import argparse
import json
import pickle
import random
import struct
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

State = dict[str, Any]


@dataclass(frozen=True)
class Hostile:
    """A checkpoint as `load_weights` takes it: a mapping, or a file."""

    name: str
    weights: Mapping[str, Any] | Path


class Runs:
    """What a pickle calls when it is read: it writes the file `canary`."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Any, ...]:
        return open, (str(self.canary), "w")


def hostile(state: Mapping[str, Tensor], folder: Path, chance: random.Random) -> Iterator[Hostile]:
    """Every kind once: tensors by a mapping and, where it can be saved, by a file; then damaged files, then code."""
    for name, spoil in TENSORS.items():
        weights = _spoiled(state, spoil, chance)
        yield Hostile(f"{name}, mapping", weights)
        path = folder / f"{name.replace(' ', '_')}.pth"
        try:
            torch.save(weights, path)
        except Exception:  # torch cannot write it: then nobody sends it
            continue
        yield Hostile(f"{name}, file", path)
    yield from _mappings(state)
    yield from _damaged(state, folder, chance)
    yield from _code(state, folder)


def _spoiled(state: Mapping[str, Tensor], spoil: Callable[[Tensor], Any], chance: random.Random) -> State:
    """The state with one matrix or vector in its middle spoilt, others around it intact."""
    names = list(state)
    weights: State = {name: torch.full_like(tensor, 0.5) for name, tensor in state.items()}
    name = chance.choice([name for name in names[len(names) // 3 :] if state[name].dim() in (1, 2)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says that CSR and quantised tensors are in beta
        weights[name] = spoil(weights[name])
    return weights


def _matrix(tensor: Tensor) -> Tensor:
    return tensor if tensor.dim() == 2 else tensor[None]


TENSORS: dict[str, Callable[[Tensor], Any]] = {
    "meta": lambda tensor: tensor.to("meta"),
    "sparse": lambda tensor: tensor.to_sparse(),
    "csr": lambda tensor: _matrix(tensor).to_sparse_csr(),
    "quantised": lambda tensor: torch.quantize_per_tensor(tensor, 0.1, 0, torch.qint8),
    "fp8": lambda tensor: tensor.to(torch.float8_e4m3fn),
    "fp16": lambda tensor: tensor.half(),
    "bf16": lambda tensor: tensor.bfloat16(),
    "float64": lambda tensor: tensor.double(),
    "complex": lambda tensor: tensor.to(torch.complex64),
    "conjugate": lambda tensor: tensor.to(torch.complex64).conj(),
    "int64": lambda tensor: tensor.long(),
    "int8": lambda tensor: tensor.to(torch.int8),
    "bool": lambda tensor: tensor.bool(),
    "wider": lambda tensor: torch.zeros([size + 1 for size in tensor.shape]),
    "narrower": lambda tensor: torch.zeros([max(0, size - 1) for size in tensor.shape]),
    "scalar": lambda tensor: torch.tensor(1.0),
    "empty": lambda tensor: torch.zeros(0),
    "more axes": lambda tensor: tensor[None, None],
    "other order": lambda tensor: tensor.reshape(-1),
    "enormous": lambda tensor: torch.zeros(1).expand(10**6, 10**6),
    "stride 0": lambda tensor: torch.zeros(1).expand(tensor.shape),
    "parameter": lambda tensor: torch.nn.Parameter(tensor),
    "nan": lambda tensor: tensor * float("nan"),
    "infinity": lambda tensor: tensor * float("inf"),
    "number": lambda tensor: 1.0,
    "list": lambda tensor: tensor.tolist(),
    "none": lambda tensor: None,
    "text": lambda tensor: "tensor",
}
"""What becomes of one tensor."""


def _mappings(state: Mapping[str, Tensor]) -> Iterator[Hostile]:
    """Names and nestings that no training run writes."""
    first = next(iter(state))
    numbers: dict[Any, Any] = dict(enumerate(state.values()))
    one_number: dict[Any, Any] = {**state, 7: torch.zeros(1)}
    yield Hostile("no tensors", {})
    yield Hostile("numbers as names", numbers)
    yield Hostile("one number as name", one_number)
    yield Hostile("escape sequence in a name", {**state, "\x1b[31mred\x07\n": torch.zeros(1)})
    yield Hostile("half a surrogate in a name", {**state, "\ud800": torch.zeros(1)})
    yield Hostile("name without end", {**state, "x" * 100_000: torch.zeros(1)})
    yield Hostile("nested", {"state_dict": {"model": {"state_dict": {"model": {"state_dict": dict(state)}}}}})
    loop: dict[str, Any] = {}
    loop["state_dict"] = loop
    yield Hostile("nested in itself", loop)
    yield Hostile("two prefixes", {f"module._orig_mod.{name}": tensor for name, tensor in state.items()})
    yield Hostile("prefix and none", {f"module.{first}": state[first], **state})
    yield Hostile("thousands left over", {**state, **{f"more.{number}": torch.zeros(1) for number in range(5_000)}})


def _damaged(state: Mapping[str, Tensor], folder: Path, chance: random.Random) -> Iterator[Hostile]:
    """Files cut off, overwritten, or with a header that lies."""
    whole, pickled = folder / "whole.safetensors", folder / "whole.pth"
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, whole)
    torch.save(dict(state), pickled)
    for path in (whole, pickled):
        content = path.read_bytes()
        cuts = [0, 1, 7, 8, 9, 63, 64, len(content) - 1, *(chance.randrange(len(content)) for _ in range(6))]
        for cut in cuts:
            yield _written(folder / f"cut_{cut}{path.suffix}", content[:cut], f"{path.suffix} cut at {cut}")
        for number in range(8):
            at = chance.randrange(len(content) if number % 2 else 300)
            changed = content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
            yield _written(folder / f"byte_{number}{path.suffix}", changed, f"{path.suffix}, byte {at} changed")
        yield _written(folder / f"longer{path.suffix}", content + b"\0" * 100, f"{path.suffix}, more behind it")
    for number, header in enumerate(_headers()):
        text = json.dumps(header).encode()
        for length in (len(text), 2**40, 2**63):
            content = struct.pack("<Q", length) + text + b"\0" * 16
            yield _written(
                folder / f"header_{number}_{length}.safetensors", content, f"header {number} of {length} bytes"
            )
    for name, content in {
        "empty": b"",
        "text": b"hello",
        "json": b'{"a": 1}',
        "page": b"<html>",
        "zeros": bytes(999),
    }.items():
        yield _written(folder / f"{name}.pth", content, f"file of {name}")
    (folder / "folder.pth").mkdir()
    yield Hostile("folder", folder / "folder.pth")
    yield Hostile("no file", folder / "absent.pth")


def _headers() -> Iterator[Any]:
    """Headers of safetensors that the bytes behind them do not bear out."""
    entry = {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}
    yield {"a": entry | {"data_offsets": [0, 2**62]}}
    yield {"a": entry | {"data_offsets": [16, 0]}}
    yield {"a": entry | {"shape": [2**40, 2**40]}}
    yield {"a": entry | {"shape": [-1, 4]}}
    yield {"a": entry | {"dtype": "F7"}}
    yield {"a": entry, "b": entry}
    yield {"a": entry, "__metadata__": {"x": 1}}
    yield {"a": entry, "__metadata__": None}
    yield {"\x1b[31m": entry}
    yield []


def _code(state: Mapping[str, Tensor], folder: Path) -> Iterator[Hostile]:
    """Pickles that name something to call; the file `ran` in the folder appears where one is obeyed."""
    runs = Runs(folder / "ran")
    for name, content in {"code alone": runs, "code beside": {**state, "x": runs}, "code as name": {runs: 1}}.items():
        path = folder / f"{name.replace(' ', '_')}.pth"
        torch.save(content, path)
        yield Hostile(f"{name}, torch", path)
        for protocol in (0, 2, 4):
            yield _written(
                folder / f"{name}_{protocol}.bin", pickle.dumps(runs, protocol), f"{name}, pickle {protocol}"
            )
    path = folder / "namespace.pth"
    torch.save({"model": dict(state), "args": argparse.Namespace(lr=0.1)}, path)
    yield Hostile("argparse.Namespace beside", path)
    yield _written(folder / "deep.bin", b"(" * 100_000 + b".", "pickle of brackets")
    yield _written(folder / "long.bin", b"\x80\x02\x8a\xff\xff\xff\x7f.", "pickle that promises 2 GiB")


def _written(path: Path, content: bytes, name: str) -> Hostile:
    path.write_bytes(content)
    return Hostile(name, path)
