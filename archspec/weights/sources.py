"""The sources that a model's weights may come from, and which of them a state dict is from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from archspec.errors import Problem, listing, nearest, printable
from archspec.graph import Origin
from archspec.language.expression import Effort
from archspec.weights.checkpoint import Checkpoint
from archspec.weights.dialect import Dialect, Link, check_work, identity
from archspec.weights.error import WeightsError, shown
from archspec.weights.rules import dialects

OWN = "archspec"
"""The source of the model's own names."""


def origin_of(model: nn.Module) -> Origin | None:
    """Which spec a model was compiled from; None for any other module."""
    origin: Origin | None = getattr(model, "meta", {}).get("archspec")
    return origin


def title_of(model: nn.Module) -> str:
    """The model's name for messages."""
    origin = origin_of(model)
    return origin.label if origin else type(model).__name__


def params_of(model: nn.Module) -> Mapping[str, Any]:
    """The parameters of the model's spec, which expressions in rules read."""
    origin = origin_of(model)
    return origin.params if origin else {}


def sources_of(model: nn.Module) -> dict[str, Dialect]:
    """The model's own names, then the sources of the rules that its spec names."""
    origin = origin_of(model)
    rules = origin.weights if origin else None
    return {OWN: identity(), **(dialects(rules) if rules else {})}


def source_named(name: str, known: Mapping[str, Dialect]) -> Dialect:
    """One of the known sources; raises a WeightsError where none has that name."""
    if name not in known:
        message = f"no source is called {shown(name)}: there are {', '.join(known)}"
        raise WeightsError(Problem("weights-source", message, help=nearest(name, known)))
    return known[name]


def choose(
    source: str, model: nn.Module, ours: Mapping[str, Tensor], checkpoint: Checkpoint
) -> tuple[Dialect, list[Link]]:
    """The source that explains most of a checkpoint, and its links: of that name and its editions, for `auto` of all.

    Raises a WeightsError where no source has that name, or for `auto` none explains a single tensor.
    """
    theirs, params = checkpoint.tensors, params_of(model)
    if source == OWN or (source == "auto" and theirs.keys() == ours.keys()):
        return identity(), identity().links(ours, params)
    known = sources_of(model)
    named = list(known.values())
    if source != "auto":
        named = [source_named(source, known), *(other for other in named if other.edition_of == source)]
    check_work(named, len(ours))
    effort = Effort()
    candidates = [(dialect, dialect.links(ours, params, effort)) for dialect in named]
    explained = [sum(name in theirs for link in links for name in link.theirs) for _, links in candidates]
    if source == "auto" and not any(explained):
        message = f"{printable(checkpoint.name)} has no name that {title_of(model)} knows"
        notes = (
            f"theirs: {listing(map(shown, theirs), 4)}",
            f"ours: {listing(ours, 4)}",
            f"sources: {', '.join(known)}",
        )
        raise WeightsError(Problem("weights-source", message, notes=notes, help="is it another architecture?"))
    return candidates[explained.index(max(explained))]
