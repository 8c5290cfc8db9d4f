"""Colours that tell what boxes cost: of all their copies, on a scale of square roots, so that small ones show."""

from __future__ import annotations

from dataclasses import replace

from archspec.diagrams.figure.placed import Arrangement
from archspec.diagrams.look import Theme
from archspec.diagrams.view import Box

STEPS = 5
"""How many samples the legend has, from nothing to the most."""


def total(box: Box, heat: str) -> int:
    """The parameters or MACs of a box and of its copies."""
    return box.total.params if heat == "params" else box.total.macs


def warm(placed: Arrangement, heat: str) -> None:
    """Colour the closed boxes by what they cost."""
    boxes = [item for item in placed.boxes if item.kind == "box"]
    placed.hottest = max((total(item.box, heat) for item in boxes), default=0)
    for item in boxes:
        item.fill = colour(placed.options.theme, share(total(item.box, heat), placed.hottest))
        item.texts = [replace(text, kind="ink") if text.kind == "muted" else text for text in item.texts]


def share(cost: int, hottest: int) -> float:
    """How far a cost is on the way from the coldest colour to the warmest."""
    return (cost / hottest) ** 0.5 if hottest else 0.0


def ticks(hottest: int) -> list[tuple[float, int]]:
    """Evenly spaced shares of the scale, each with the cost that it stands for."""
    shares = [place / (STEPS - 1) for place in range(STEPS)]
    return [(part, round(hottest * part**2)) for part in shares]


def colour(theme: Theme, part: float) -> str:
    """The colour at a share of the way."""
    cold, hot = theme.heat
    pairs = [(int(cold[at : at + 2], 16), int(hot[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)
