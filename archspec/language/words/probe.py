"""Shapes and costs of a block that only states how to build it: its module runs once on torch's meta device."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, NamedTuple

from archspec.errors import RuleError
from archspec.graph import Block, Cost, Image, Shape, Tokens, Vector, identity

BATCH = 2


class Answer(NamedTuple):
    """Shapes and costs, measured in one forward pass."""

    outputs: tuple[Shape, ...]
    cost: Cost


def complete(block: type[Any]) -> type[Block]:
    """Add the rules that a class lacks, `infer` and `cost`; its ports are the parameters of its `build`."""
    known: dict[Any, Answer] = {}

    def ask(config: Any, shapes: tuple[Shape, ...]) -> Answer:
        key = (identity(config), shapes)
        if key not in known:
            known[key] = probe(config, shapes)
        return known[key]

    def infer(self: Any, *shapes: Shape) -> Any:
        outputs = ask(self, shapes).outputs
        return outputs if self.output_names() else outputs[0]

    def cost(self: Any, *shapes: Shape) -> Cost:
        return ask(self, shapes).cost

    if not hasattr(block, "infer"):
        infer.__signature__ = inspect.signature(block.build)  # type: ignore[attr-defined]
        infer.__annotations__ = {name: kind for name, kind in block.build.__annotations__.items() if name != "return"}
        infer.__module__ = block.__module__
        block.infer = infer
    if not hasattr(block, "cost"):
        block.cost = cost
    block.probed = True
    block.effects = True  # for all that is known of it
    return block


def probe(config: Any, shapes: Sequence[Shape]) -> Answer:
    """Build a block for these shapes and run it once. Raises RuleError where that fails."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    try:
        with torch.device("meta"):
            module = config.build(*shapes).eval()
            values = [torch.empty(BATCH, *shape.sizes) for shape in shapes]
            with torch.no_grad(), FlopCounterMode(display=False) as counter:
                result = module(*values)
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        message = f"{config.word} does not run on {', '.join(map(str, shapes))}: {reason[:200]}"
        raise RuleError(message, code="probe") from error
    tensors = result if isinstance(result, tuple | list) else (result,)
    outputs = tuple(_shape(config.word, getattr(tensor, "shape", None), shapes) for tensor in tensors)
    parameters = list(module.parameters())
    return Answer(
        outputs,
        Cost(
            params=sum(parameter.numel() for parameter in parameters),
            macs=counter.get_total_flops() // (2 * BATCH),
            frozen=sum(parameter.numel() for parameter in parameters if not parameter.requires_grad),
            buffers=sum(buffer.numel() for buffer in module.buffers()),
        ),
    )


def _shape(word: str, sizes: Sequence[int] | None, shapes: Sequence[Shape]) -> Shape:
    """The shape of a tensor of these sizes: an image, tokens or a vector, by its rank.

    Tokens keep the grid and the prefix of the input that has as many. Raises RuleError for any other tensor.
    """
    if sizes is None or not 2 <= len(sizes) <= 4 or sizes[0] != BATCH:
        result = "no tensor" if sizes is None else f"a tensor of {'x'.join(map(str, sizes))}"
        message = f"{word} gives {result} for a batch of {BATCH}: no image, tokens or vector"
        raise RuleError(message, code="probe")
    rest = tuple(sizes[1:])
    if len(rest) == 3:
        return Image(*rest)
    if len(rest) == 1:
        return Vector(*rest)
    n, c = rest
    alike = next((shape for shape in shapes if isinstance(shape, Tokens) and shape.n == n), None)
    grid = next((shape.grid for shape in shapes if isinstance(shape, Image) and shape.grid.n == n), None)
    return alike.wide(c) if alike else Tokens(n, c, grid)
