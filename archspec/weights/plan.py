"""A checkpoint matched to a model: which tensors can be filled, and what became of every one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

import torch
from einops import EinopsError
from torch import Tensor, nn

from archspec.errors import RuleError, listing, nearest
from archspec.weights.checkpoint import Checkpoint
from archspec.weights.dialect import Link
from archspec.weights.report import FAULTS, Entry, LoadReport
from archspec.weights.sources import choose, origin_of, title_of
from archspec.weights.tensors import imported

MAY_MISS = ".num_batches_tracked"  # older files lack it, and nothing but BatchNorm without momentum reads it


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Tensors by the model's names, in the model's shapes, ready to be copied; and the report on all of them."""

    tensors: Mapping[str, Tensor]
    report: LoadReport


def plan(model: nn.Module, checkpoint: Checkpoint, source: str, allow_missing: Iterable[str]) -> Plan:
    """Match a checkpoint to a model; nothing is copied.

    Raises a WeightsError where the source is unknown or explains nothing, a SpecError for faulty rules.
    """
    matcher = _Matcher(model, checkpoint, source)
    allowed = [allow_missing] if isinstance(allow_missing, str) else list(allow_missing)
    entries = tuple(_excused(entry, allowed) for entry in matcher.entries())
    warnings = (*_unused(allowed, entries), *_not_finite(matcher.tensors))
    notes = tuple(_notes(model, checkpoint))
    report = LoadReport(title_of(model), checkpoint.name, matcher.dialect.name, entries, notes, warnings)
    return Plan(matcher.tensors, report)


def tensors_of(model: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers as they stand in the state dict, themselves and not detached."""
    return dict(model.state_dict(keep_vars=True).items())


class _Matcher:
    """Fits source tensors to model tensors along the links; those that fit are in `tensors`."""

    def __init__(self, model: nn.Module, checkpoint: Checkpoint, source: str) -> None:
        self.model = model
        self.theirs = checkpoint.tensors
        self.ours = tensors_of(model)
        self.dialect, self.links = choose(source, model, self.ours, checkpoint)
        self.tensors: dict[str, Tensor] = {}

    def entries(self) -> Iterator[Entry]:
        """An entry for each model tensor, then for each source tensor that is left over."""
        linked = {entry.ours: entry for link in self.links for entry in self._linked(link)}
        no_rule = f"no rule of {self.dialect.name} makes it"
        for name in self.ours:
            yield linked.get(name) or self._entry("MISSING", name, (), no_rule)
        yield from self._left_over()

    def _linked(self, link: Link) -> Iterator[Entry]:
        """The entries of the model tensors that a link makes."""
        absent = [name for name in link.theirs if name not in self.theirs]
        if absent:
            note = "" if len(absent) == len(link.theirs) else f"{', '.join(absent)} is not there"
            status = "KEPT" if all(name.endswith(MAY_MISS) for name in link.ours) else "MISSING"
            yield from (self._entry(status, name, link.theirs, note) for name in link.ours)
            return
        theirs = [self.theirs[name] for name in link.theirs]
        try:
            parts = imported(link, theirs, [self.ours[name] for name in link.ours])
        except (EinopsError, RuntimeError, IndexError):
            sizes = f"theirs {', '.join(map(_size, theirs))}"
            yield from (self._entry("SHAPE", name, link.theirs, f"ours {_size(self.ours[name])}, {sizes}")
                        for name in link.ours)  # fmt: skip
            return
        for name, part in zip(link.ours, parts, strict=True):
            yield self._fitted(link, name, part)

    def _fitted(self, link: Link, name: str, part: Tensor) -> Entry:
        """The entry of the model tensor that `part` is for."""
        try:
            self.tensors[name], note = self._shaped(name, part)
        except RuleError as error:
            return self._entry("SHAPE", name, link.theirs, str(error))
        if note:
            return self._entry("RESIZED", name, link.theirs, f"resized {note}")
        if not len(link.ours) == len(link.theirs) == 1:
            return self._entry("SPLIT", name, link.theirs)
        return self._entry("MATCHED" if link.theirs == (name,) else "RENAMED", name, link.theirs)

    def _shaped(self, name: str, part: Tensor) -> tuple[Tensor, str]:
        """A tensor in the model's shape, and a note where it was resampled; raises a RuleError where it does not fit.

        A table for another image size is resampled by the module that owns it.
        """
        target = self.ours[name]
        if _squeezed(part) == _squeezed(target):
            return part.reshape(target.shape), ""
        path, _, own = name.rpartition(".")
        resample = getattr(self.model.get_submodule(path), "resample", None)
        sizes = f"ours {_size(target)}, theirs {_size(part)}"
        if resample is None:
            raise RuleError(sizes)
        try:
            resampled, note = resample(own, part)
        except RuleError as error:
            raise RuleError(f"{sizes}; {error}") from None
        if resampled.shape != target.shape:
            raise RuleError(f"{sizes}, resampled to {_size(resampled)}")
        return resampled, note

    def _entry(self, status: str, ours: str, theirs: tuple[str, ...], note: str = "") -> Entry:
        return Entry(status, ours, theirs, tuple(self.ours[ours].shape), note)

    def _left_over(self) -> Iterator[Entry]:
        used = {name for link in self.links for name in link.theirs}
        for name, tensor in self.theirs.items():
            if name not in used:
                status = "DROPPED" if self.dialect.drops_name(name) else "UNEXPECTED"
                yield Entry(status, None, (name,), tuple(tensor.shape))


def _excused(entry: Entry, allowed: list[str]) -> Entry:
    """The entry, or what becomes of it where it is allowed to be missing."""
    name = entry.ours or entry.theirs[0]
    if entry.status not in FAULTS or not any(fnmatchcase(name, pattern) for pattern in allowed):
        return entry
    return Entry("KEPT" if entry.ours else "DROPPED", entry.ours, entry.theirs, entry.shape, entry.note)


def _notes(model: nn.Module, checkpoint: Checkpoint) -> Iterator[str]:
    """What the checkpoint was taken out of, and whether its metadata names another spec."""
    yield from (f"taken out of {what}" for what in checkpoint.unwrapped)
    metadata, origin = checkpoint.metadata, origin_of(model)
    own = origin.hash if origin else "none"
    if "hash" in metadata and metadata["hash"] != own:
        spec = metadata.get("variant") or metadata.get("name") or "a spec without a name"
        yield f"written from another spec: {spec}, hash {metadata['hash'][:12]}, ours is {own[:12]}"


def _unused(allowed: list[str], entries: Iterable[Entry]) -> Iterator[str]:
    """A warning for each pattern of `allow_missing` that matches no name."""
    names = [name for entry in entries for name in (entry.ours, *entry.theirs) if name]
    for pattern in allowed:
        if not any(fnmatchcase(name, pattern) for name in names):
            near = nearest(pattern.rstrip("*."), {part for name in names for part in (name, name.split(".")[0])})
            yield f"allow_missing {pattern!r} matches no name" + (f": {near}" if near else "")


def _not_finite(tensors: Mapping[str, Tensor]) -> Iterator[str]:
    names = [name for name, tensor in tensors.items() if not tensor.is_meta and not torch.isfinite(tensor).all()]
    if names:
        yield f"not every number is finite in {listing(names, 6)}"


def _size(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a number"


def _squeezed(tensor: Tensor) -> list[int]:
    return [side for side in tensor.shape if side != 1]
