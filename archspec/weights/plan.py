"""A checkpoint matched to a model: which tensors can be filled, and what became of every one.

A link is looked at in this order: whether its tensors are there, of a size that can be theirs, of a kind that can be
taken, of a shape that fits. Nothing is copied before all links were looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import torch
from einops import EinopsError
from torch import Tensor, nn

from archspec.errors import RuleError, listing, nearest
from archspec.weights.admit import admitted, numel, shape_of
from archspec.weights.checkpoint import Checkpoint
from archspec.weights.dialect import Link, Resampling
from archspec.weights.error import shown
from archspec.weights.report import FAULTS, Entry, LoadReport
from archspec.weights.sources import choose, origin_of, title_of
from archspec.weights.tensors import imported

MOST_NUMBERS = 2**24  # of tensors that make one of the model's, or four times as many as that has
MAY_MISS = ".num_batches_tracked"  # older files lack it, and nothing but BatchNorm without momentum reads it


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Tensors by the model's names, in the model's shapes, ready to be copied; and the report on all of them."""

    tensors: Mapping[str, Tensor]
    report: LoadReport


def plan(
    model: nn.Module,
    checkpoint: Checkpoint,
    source: str,
    allow_missing: Iterable[str],
    resampling: Resampling | None,
    *,
    without_values: bool = False,
) -> Plan:
    """Match a checkpoint to a model; nothing is copied. `without_values` also takes tensors on the meta device.

    `resampling` is how tables of positions are brought to another size; None does it as the source's code does.

    Raises a WeightsError where the source is unknown or explains nothing, a SpecError for faulty rules.
    """
    matcher = _Matcher(model, checkpoint, source, resampling, without_values)
    allowed = [allow_missing] if isinstance(allow_missing, str) else list(allow_missing)
    entries = tuple(_excused(entry, allowed) for entry in matcher.entries())
    warnings = (*_unused(allowed, entries), *_not_finite(matcher.tensors))
    notes = tuple(_notes(model, checkpoint))
    report = LoadReport(title_of(model), checkpoint.name, matcher.dialect.name, entries, notes, warnings)
    return Plan(matcher.tensors, report)


def tensors_of(model: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers as they stand in the state dict, themselves and not detached."""
    state = model.state_dict(keep_vars=True)
    return {name: value for name, value in state.items() if isinstance(value, Tensor)}  # not what else modules keep


class _Matcher:
    """Fits source tensors to model tensors along the links; those that fit are in `tensors`."""

    def __init__(
        self,
        model: nn.Module,
        checkpoint: Checkpoint,
        source: str,
        resampling: Resampling | None,
        without_values: bool,
    ) -> None:
        self.model = model
        self.without_values = without_values
        self.theirs = checkpoint.tensors
        self.ours = tensors_of(model)
        self.dialect, self.links = choose(source, model, self.ours, checkpoint)
        self.resampling = resampling or self.dialect.resampling
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
            note = "" if len(absent) == len(link.theirs) else f"{', '.join(map(shown, absent))} is not there"
            status = "KEPT" if all(name.endswith(MAY_MISS) for name in link.ours) else "MISSING"
            yield from (self._entry(status, name, link.theirs, note) for name in link.ours)
            return
        try:
            parts, note = self._parts(link)
        except RuleError as error:
            yield from (self._entry("KIND", name, link.theirs, str(error)) for name in link.ours)
            return
        for place, name in enumerate(link.ours):
            yield self._misfit(link, name) if parts is None else self._fitted(link, name, parts[place], note)

    def _parts(self, link: Link) -> tuple[list[Tensor] | None, str]:
        """An array for each model tensor of a link, or None where shapes do not allow it; and what became of kinds.

        Raises a RuleError for a source tensor that cannot be taken.
        """
        ours, theirs = [self.ours[name] for name in link.ours], [self.theirs[name] for name in link.theirs]
        most = max(MOST_NUMBERS, 4 * sum(map(numel, map(shape_of, ours))))
        if sum(map(numel, map(shape_of, theirs))) > most:  # then no shape fits, whatever it costs to find that out
            return None, ""
        arrays, notes = [], {}
        for name, tensor in zip(link.theirs, theirs, strict=True):
            try:
                array, note = admitted(tensor, [own.dtype for own in ours], without_values=self.without_values)
            except RuleError as error:
                raise RuleError(f"{shown(name)}: {error}" if len(theirs) > 1 else str(error)) from None
            arrays.append(array)
            notes[note] = note
        try:
            return imported(link, arrays, ours), ", ".join(filter(None, notes))
        except (EinopsError, RuntimeError, IndexError):
            return None, ""

    def _misfit(self, link: Link, name: str, reason: str = "") -> Entry:
        """The entry of a model tensor that what its link brings does not fit."""
        theirs = ", ".join(_size(shape_of(self.theirs[name])) for name in link.theirs)
        note = f"ours {_size(shape_of(self.ours[name]))}, theirs {theirs}" + (f"; {reason}" if reason else "")
        return self._entry("SHAPE", name, link.theirs, note)

    def _fitted(self, link: Link, name: str, part: Tensor, kind: str) -> Entry:
        """The entry of the model tensor that `part` is for; `kind` is what became of the kind of its numbers."""
        target, change = self.ours[name], ""
        if _squeezed(part) == _squeezed(target):
            self.tensors[name] = part.reshape(target.shape)
        else:
            try:
                self.tensors[name], change = self._resampled(name, part)
            except RuleError as error:
                return self._misfit(link, name, str(error))
        status = "MATCHED" if link.theirs == (name,) else "RENAMED"
        if change:
            status = "RESIZED"
        elif not len(link.ours) == len(link.theirs) == 1:
            status = "SPLIT"
        axes = "" if change or part.shape == target.shape else "but for axes of 1"
        return self._entry(status, name, link.theirs, ", ".join(filter(None, (change, axes, kind))))

    def _resampled(self, name: str, part: Tensor) -> tuple[Tensor, str]:
        """A table for another image size, resampled by the module that owns it, and what was done.

        Raises a RuleError, which may be empty, where it is no table or does not fit.
        """
        target = self.ours[name]
        resample = getattr(_owner(self.model, name), "resample", None)
        if resample is None or not part.ndim == target.ndim > 1:  # what has one axis is no table
            raise RuleError("")
        try:
            resampled, note = resample(name.rpartition(".")[2], part, antialias=self.resampling == "antialiased")
        except RuleError:
            raise
        except (RuntimeError, ValueError):  # torch cannot resample what is empty
            raise RuleError("") from None
        if resampled.shape != target.shape:
            raise RuleError(f"resampled to {_size(resampled.shape)}")
        return resampled, f"resized {note}"

    def _entry(self, status: str, ours: str, theirs: tuple[str, ...], note: str = "") -> Entry:
        return Entry(status, ours, theirs, tuple(self.ours[ours].shape), note)

    def _left_over(self) -> Iterator[Entry]:
        used = {name for link in self.links for name in link.theirs}
        for name, tensor in self.theirs.items():
            if name not in used:
                status = "DROPPED" if self.dialect.drops_name(name) else "UNEXPECTED"
                yield Entry(status, None, (name,), shape_of(tensor) or ())


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


def _owner(model: nn.Module, name: str) -> nn.Module | None:
    """The module that a tensor belongs to; None where the model calls its tensors otherwise than by their places."""
    try:
        return model.get_submodule(name.rpartition(".")[0])
    except AttributeError:
        return None


def _size(shape: Sequence[int] | None) -> str:
    return "without shape" if shape is None else "x".join(map(str, shape)) or "a number"


def _squeezed(tensor: Tensor) -> list[int]:
    return [side for side in tensor.shape if side != 1]
