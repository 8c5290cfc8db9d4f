"""What a format states of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archspec.diagrams.picture import Picture

EVERYTHING = frozenset({"title", "caption", "boxes", "wires", "shapes", "tags", "legend", "heat", "marks"})
"""What a picture may show: words of boxes; wires, and the shapes and token tags beside them; marks of a comparison."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format of pictures. Its name is that of its file; `suffixes` are those of files beside the name itself."""

    write: Callable[[Picture], str | bytes]
    shows: frozenset[str] = EVERYTHING
    suffixes: tuple[str, ...] = ()
    text: bool = True  # whether it is text, or bytes
