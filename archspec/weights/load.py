"""Weights in and out: any source's tensors into our modules, ours into a file or into another source's names.

The rules of renaming are data beside the specs (`archspec.weights.rules`). A module whose table depends on
the image's size has `resample(name, table) -> (tensor, note)`, and is asked when the shapes differ.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import torch
from einops import EinopsError
from torch import Tensor, nn

import archspec
from archspec.compiler.compile import compile
from archspec.errors import Problem, RuleError, listing, nearest
from archspec.graph.node import Graph, Origin
from archspec.weights.file import Checkpoint, WeightsError, read, unwrap, write
from archspec.weights.report import FAULTS, Entry, LoadReport
from archspec.weights.rules import Dialect, Link, dialects, identity
from archspec.weights.tensors import exported, imported

__all__ = ["LoadReport", "WeightsError", "export_state_dict", "load_weights", "plan_weights", "save_weights"]

Weights = str | Path | Mapping[str, Any]
OWN = "archspec"
MOST_LINES = 40
_FAULTS = {"SHAPE": "of another shape", "MISSING": "missing", "UNEXPECTED": "left over"}
MAY_MISS = ".num_batches_tracked"  # older files lack it, and nothing but BatchNorm without momentum reads it


def load_weights(
    model: nn.Module,
    weights: Weights,
    source: str = "auto",
    strict: bool = True,
    allow_missing: Iterable[str] = (),
) -> LoadReport:
    """Fill a model from a file or a state dict, whoever wrote it; the values change in place, and only if all is well.

    `source` is one of the spec's `weights` file, `archspec` for our own names, or `auto`. `allow_missing`
    names what may be missing, left over or of another shape (`head*`: ours, or theirs that we have no place for).
    Raises WeightsError where the file cannot be read, and under `strict` where anything else is missing, left over or
    of another shape.
    """
    if any(tensor.is_meta for tensor in model.state_dict().values()):
        message = "the model is on the meta device, where no tensor has a memory to be filled"
        raise WeightsError(Problem("weights-device", message, help="build it on cpu or cuda"))
    plan = _Plan(model, _open(weights), source, allow_missing)
    report = plan.report()
    if strict and report.faults:
        raise WeightsError(_misfit(report))
    with torch.no_grad():
        ours = dict(_tensors(model))
        for name, tensor in plan.made.items():
            ours[name].copy_(tensor)
    return report


def plan_weights(
    model: nn.Module | Graph, weights: Weights, source: str = "auto", allow_missing: Iterable[str] = ()
) -> LoadReport:
    """What `load_weights` would do; of a file only names and shapes are read."""
    model = compile(model, device="meta") if isinstance(model, Graph) else model
    return _Plan(model, _open(weights, header_only=True), source, allow_missing).report()


def save_weights(model: nn.Module, path: str | Path) -> None:
    """Write a safetensors file that knows its spec: name, variant, hash and the whole of it stand in the metadata."""
    metadata = {"archspec": archspec.__version__}
    if (origin := _origin(model)) is not None:
        metadata |= {"name": origin.name, "hash": origin.hash, "spec": json.dumps(origin.spec)}
        metadata |= {"variant": origin.variant} if origin.variant else {}
    tensors = {name: tensor.detach().contiguous() for name, tensor in model.state_dict().items()}
    write(path, tensors, metadata)


def export_state_dict(model: nn.Module, source: str) -> dict[str, Tensor]:
    """The model's tensors under another source's names and in its layout."""
    ours = model.state_dict()
    known = _dialects(model)
    links = _chosen(known, source).links(ours, _params(model))
    missed = sorted(set(ours) - {name for link in links for name in link.ours})
    if missed:
        message = f"{source} has no name for {listing(missed, 6)}"
        raise WeightsError(Problem("weights-rule", message))
    found: dict[str, Tensor] = {}
    for link in links:
        try:
            found |= exported(link, [ours[name] for name in link.ours])
        except (EinopsError, RuleError) as error:
            raise WeightsError(Problem("weights-rule", f"{', '.join(link.ours)}: {error}", link.mark)) from None
    return found


class _Plan:
    """Theirs, matched to ours: what can be filled is in `made`, ready to be copied."""

    def __init__(self, model: nn.Module, checkpoint: Checkpoint, source: str, allow_missing: Iterable[str]) -> None:
        self.model, self.checkpoint = model, checkpoint
        self.ours = dict(_tensors(model))
        self.allowed = [allow_missing] if isinstance(allow_missing, str) else list(allow_missing)
        self.dialect, self.links = self._choose(source)
        self.made: dict[str, Tensor] = {}

    def report(self) -> LoadReport:
        found = {entry.ours: entry for link in self.links for entry in self._linked(link)}
        no_rule = f"no rule of {self.dialect.name} makes it"
        ours = [found.get(name) or self._entry("MISSING", name, (), no_rule) for name in self.ours]
        entries = tuple(self._excused(entry) for entry in (*ours, *self._left_over()))
        notes, warnings = tuple(self._notes()), (*self._unused(entries), *self._not_finite())
        return LoadReport(_title(self.model), self.checkpoint.name, self.dialect.name, entries, notes, warnings)

    def _choose(self, source: str) -> tuple[Dialect, list[Link]]:
        """The dialect of that name; or else the one that explains most of the file."""
        theirs, params = self.checkpoint.tensors, _params(self.model)
        if source == OWN or (source == "auto" and theirs.keys() == self.ours.keys()):
            return identity(), identity().links(self.ours, params)
        known = _dialects(self.model)
        if source != "auto":
            dialect = _chosen(known, source)
            return dialect, dialect.links(self.ours, params)
        plans = [(dialect, dialect.links(self.ours, params)) for dialect in known.values()]
        explained = [sum(name in theirs for link in links for name in link.theirs) for _, links in plans]
        if not any(explained):
            message = f"{self.checkpoint.name} has no name that {_title(self.model)} knows"
            notes = (f"theirs: {listing(theirs, 4)}", f"ours: {listing(self.ours, 4)}", f"sources: {', '.join(known)}")
            raise WeightsError(Problem("weights-source", message, notes=notes, help="is it another architecture?"))
        return plans[explained.index(max(explained))]

    def _linked(self, link: Link) -> Iterator[Entry]:
        """The entries of some of ours, made of some of theirs."""
        theirs, ours = self.checkpoint.tensors, [self.ours[name] for name in link.ours]
        absent = [name for name in link.theirs if name not in theirs]
        if absent:
            note = "" if len(absent) == len(link.theirs) else f"{', '.join(absent)} is not there"
            status = "KEPT" if all(name.endswith(MAY_MISS) for name in link.ours) else "MISSING"
            yield from (self._entry(status, name, link.theirs, note) for name in link.ours)
            return
        given = [theirs[name] for name in link.theirs]
        try:
            parts = imported(link, given, ours)
        except (EinopsError, RuntimeError, IndexError):
            told = f"theirs {', '.join(map(_size, given))}"
            yield from (self._entry("SHAPE", name, link.theirs, f"ours {_size(self.ours[name])}, {told}")
                        for name in link.ours)  # fmt: skip
            return
        for name, part in zip(link.ours, parts, strict=True):
            yield self._fitted(link, name, part)

    def _fitted(self, link: Link, name: str, part: Tensor) -> Entry:
        """The entry of one of ours, which `part` is for."""
        try:
            self.made[name], note = self._shaped(name, part)
        except RuleError as error:
            return self._entry("SHAPE", name, link.theirs, str(error))
        if note:
            return self._entry("RESIZED", name, link.theirs, f"resized {note}")
        whole = len(link.ours) == len(link.theirs) == 1
        return self._entry(
            ("MATCHED" if link.theirs == (name,) else "RENAMED") if whole else "SPLIT", name, link.theirs
        )

    def _shaped(self, name: str, part: Tensor) -> tuple[Tensor, str]:
        """A tensor in our shape; a table for another image size is resampled by the module that owns it."""
        target = self.ours[name]
        if _squeezed(part) == _squeezed(target):
            return part.reshape(target.shape), ""
        path, _, own = name.rpartition(".")
        resample = getattr(self.model.get_submodule(path), "resample", None)
        told = f"ours {_size(target)}, theirs {_size(part)}"
        if resample is None:
            raise RuleError(told)
        try:
            made, note = resample(own, part)
        except RuleError as error:
            raise RuleError(f"{told}; {error}") from None
        if made.shape != target.shape:
            raise RuleError(f"{told}, resampled to {_size(made)}")
        return made, note

    def _entry(self, status: str, ours: str, theirs: tuple[str, ...], note: str = "") -> Entry:
        return Entry(status, ours, theirs, tuple(self.ours[ours].shape), note)

    def _left_over(self) -> Iterator[Entry]:
        used = {name for link in self.links for name in link.theirs}
        for name, tensor in self.checkpoint.tensors.items():
            if name not in used:
                status = "DROPPED" if self.dialect.drops_name(name) else "UNEXPECTED"
                yield Entry(status, None, (name,), tuple(tensor.shape))

    def _excused(self, entry: Entry) -> Entry:
        """The entry, or what became of it where it was allowed to be missing."""
        name = entry.ours or entry.theirs[0]
        if entry.status not in FAULTS or not any(fnmatchcase(name, pattern) for pattern in self.allowed):
            return entry
        return Entry("KEPT" if entry.ours else "DROPPED", entry.ours, entry.theirs, entry.shape, entry.note)

    def _notes(self) -> Iterator[str]:
        yield from (f"taken out of {what}" for what in self.checkpoint.unwrapped)
        told, origin = self.checkpoint.metadata, _origin(self.model)
        own = origin.hash if origin else "none"
        if "hash" in told and told["hash"] != own:
            which = told.get("variant") or told.get("name") or "a spec without a name"
            yield f"written from another spec: {which}, hash {told['hash'][:12]}, ours is {own[:12]}"

    def _unused(self, entries: Iterable[Entry]) -> Iterator[str]:
        names = [name for entry in entries for name in (entry.ours, *entry.theirs) if name]
        for pattern in self.allowed:
            if not any(fnmatchcase(name, pattern) for name in names):
                near = nearest(pattern.rstrip("*."), {part for name in names for part in (name, name.split(".")[0])})
                yield f"allow_missing {pattern!r} matches no name" + (f": {near}" if near else "")

    def _not_finite(self) -> Iterator[str]:
        bad = [name for name, tensor in self.made.items() if not tensor.is_meta and not torch.isfinite(tensor).all()]
        if bad:
            yield f"not every number is finite in {listing(bad, 6)}"


def _open(weights: Weights, *, header_only: bool = False) -> Checkpoint:
    if not isinstance(weights, Mapping):
        return read(weights, header_only=header_only)
    found = unwrap(weights, "the state dict")
    if not header_only:
        return found
    tensors = {name: tensor.to("meta") for name, tensor in found.tensors.items()}
    return Checkpoint(found.name, tensors, found.metadata, found.unwrapped)


def _tensors(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Parameters and buffers as they stand in the state dict, themselves and not detached."""
    yield from model.state_dict(keep_vars=True).items()


def _dialects(model: nn.Module) -> dict[str, Dialect]:
    origin = _origin(model)
    rules = origin.weights if origin else None
    return {OWN: identity(), **(dialects(rules) if rules else {})}


def _chosen(known: dict[str, Dialect], source: str) -> Dialect:
    if source not in known:
        near = nearest(source, known)
        message = f"no source is called {source}: there are {', '.join(known)}"
        raise WeightsError(Problem("weights-source", message, help=near))
    return known[source]


def _origin(model: nn.Module) -> Origin | None:
    origin: Origin | None = getattr(model, "meta", {}).get("archspec")
    return origin


def _params(model: nn.Module) -> Mapping[str, Any]:
    origin = _origin(model)
    return origin.params if origin else {}


def _title(model: nn.Module) -> str:
    origin = _origin(model)
    return origin.label if origin else type(model).__name__


def _misfit(report: LoadReport) -> Problem:
    """What is wrong with weights, as one problem."""
    counts = Counter(entry.status for entry in report.faults)
    told = ", ".join(f"{counts[status]} {word}" for status, word in _FAULTS.items() if counts[status])
    lines = report.table(FAULTS)
    more = [f"… and {len(lines) - MOST_LINES} lines more"] if len(lines) > MOST_LINES else []
    message = f"{report.file} does not fit {report.model}, read as {report.source}: {told}"
    help = "allow_missing names what may be missing, strict=False takes what fits"
    return Problem("weights-misfit", message, notes=(*lines[:MOST_LINES], *more), help=help)


def _size(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a number"


def _squeezed(tensor: Tensor) -> list[int]:
    return [side for side in tensor.shape if side != 1]
