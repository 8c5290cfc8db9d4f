"""What a whole model returns: one tensor, or a NamedTuple of several; training and evaluation may differ."""

from __future__ import annotations

from collections import namedtuple
from functools import cache
from typing import Any

from torch import Tensor, nn


@cache
def output_type(names: tuple[str, ...]) -> type[tuple[Any, ...]]:
    """The NamedTuple that a model with several outputs returns, in the order in which the spec declares them."""
    kind = namedtuple("Outputs", names)  # type: ignore[misc]

    def reduce(self: Any) -> tuple[Any, ...]:
        return _remake_output, (names, tuple(self))

    kind.__reduce__ = reduce  # type: ignore[method-assign]
    return kind


def _remake_output(names: tuple[str, ...], values: tuple[Any, ...]) -> tuple[Any, ...]:
    return output_type(names)(*values)


class Outputs(nn.Module):
    """Picks what the model returns in training and in evaluation: one tensor, or a NamedTuple of several."""

    def __init__(self, train: dict[str, int], evaluation: dict[str, int]) -> None:
        super().__init__()
        self.places = {True: train, False: evaluation}
        self.kinds = {mode: output_type(tuple(places)) for mode, places in self.places.items()}

    def forward(self, *values: Tensor) -> Tensor | tuple[Any, ...]:
        outputs = [values[place] for place in self.places[self.training].values()]
        return outputs[0] if len(outputs) == 1 else self.kinds[self.training](*outputs)

    def __getstate__(self) -> dict[str, Any]:
        # The types of the outputs are made at run time: no pickle knows them.
        return {key: value for key, value in self.__dict__.items() if key != "kinds"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self.kinds = {mode: output_type(tuple(places)) for mode, places in self.places.items()}
