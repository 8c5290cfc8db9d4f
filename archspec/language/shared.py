"""What several graphs of one command share: what they have in common is done once, and all is bounded together."""

from __future__ import annotations

from dataclasses import dataclass, field

from archspec.graph import Memory
from archspec.language.expression import Effort
from archspec.language.words import Libraries


@dataclass(slots=True)
class Shared:
    """Good for as long as no file changes, but for the `memory`, which is good for ever."""

    memory: Memory = field(default_factory=dict)
    """Results of shaping."""
    libraries: Libraries = field(default_factory=dict)
    """Files of blocks that were read."""
    effort: Effort = field(default_factory=Effort)
    """The steps that are left."""
