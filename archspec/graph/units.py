"""How quantities are written for a reader: sizes `197×384`, costs `4.566 GMACs`, alike paths `blocks.0…11.norm`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archspec.graph.shape import Shape


def show_sizes(*shapes: Shape) -> str:
    """The sizes of shapes without the batch: `197×384`; those of several outputs are separated by commas."""
    return ", ".join(shape.text.replace("x", "×") for shape in shapes)


def show_macs(macs: int) -> str:
    """Multiply-accumulates with three decimals, in millions below 10⁸: `4.566 GMACs`, `84.210 MMACs`."""
    return f"{macs / 1e9:.3f} GMACs" if macs >= 1e8 else f"{macs / 1e6:.3f} MMACs"


def path_pattern(path: str) -> str:
    """A dotted path with `#` for each number: `blocks.3.norm` → `blocks.#.norm`.

    Paths with the same pattern can be folded into one by `fold_paths`.
    """
    return ".".join("#" if part.isdecimal() else part for part in path.split("."))


def show_span(values: Sequence[str]) -> str:
    """The first and the last of some values: `0…11`; one of them alone where the two are equal."""
    return values[0] if values[0] == values[-1] else f"{values[0]}…{values[-1]}"


def fold_paths(paths: Sequence[str], show: Callable[[Sequence[str]], str] = show_span) -> str:
    """Several dotted paths with equally many parts, at least one, written as one: `blocks.0…11.norm`.

    A part that all paths have in common stays as it is. Where they differ, `show` writes the values of that part, one
    for each path in the order of the paths. Names without a dot are paths of one part: `0`, `1`, `2` → `0…2`.

    Raises ValueError where the paths differ in their number of parts.
    """
    columns = zip(*(path.split(".") for path in paths), strict=True)
    return ".".join(values[0] if len(set(values)) == 1 else show(values) for values in columns)
