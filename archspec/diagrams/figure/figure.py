"""A figure: all that is drawn, as primitives, whatever it will be written as."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from archspec.diagrams.figure.primitive import Group, Primitive, Text
from archspec.diagrams.look import Theme, lacks


@dataclass(frozen=True, slots=True)
class Figure:
    """Primitives in the order in which they are drawn, on the theme's background."""

    items: tuple[Primitive, ...]
    width: float
    height: float
    theme: Theme
    title: str | None = None
    compared: bool = False  # whether marks of a comparison are among them
    unit: float = 1.0  # how many points one of its units is in print

    @property
    def texts(self) -> list[Text]:
        """The text that stands in no box: title, legend, caption, shapes beside wires."""
        return [item for item in self.items if isinstance(item, Text)]

    def words(self) -> Iterator[Text]:
        """Every line of text."""
        for item in self.items:
            yield from (part for part in (item.items if isinstance(item, Group) else [item]) if isinstance(part, Text))

    def lacking(self) -> str:
        """The characters in it that the theme's fonts have no glyph for."""
        theme = self.theme
        missing = (lacks(text.text, theme.bold if text.kind == "bold" else theme.regular) for text in self.words())
        return "".join(dict.fromkeys("".join(missing)))
