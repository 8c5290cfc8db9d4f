"""Faults in each op as a whole: its module gives zeros or its input, its rules are off by one, its weights are ones.

Each is a text of Python that runs after the module that defines the op, or the layer.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from torch import nn

from archspec.graph import Op
from archspec.language.words import Vocabulary
from archspec.ops import layers
from tests.support.mutants.mutant import ROOT, Kill

FORWARD = """
from functools import partial as _partial

def _faulty(module, *values):
    from torch.utils._pytree import tree_map
    output = type(module).forward(module, *values)
    {body}

_build_{word} = {op}.build

def _rebuilt_{word}(self, *shapes):
    module = _build_{word}(self, *shapes)
    module.forward = _partial(_faulty, module)
    return module

{op}.build = _rebuilt_{word}
"""
ZEROS = "return tree_map(lambda tensor: tensor * 0, output)"
INPUT = """same = [value for value in values if getattr(output, "shape", None) == value.shape]
    return same[0] if same else tree_map(lambda tensor: tensor * 0, output)"""
RULE = """
from dataclasses import replace as _replace
from functools import wraps as _wraps

_rule_{word}_{rule} = {op}.{rule}

@_wraps(_rule_{word}_{rule})
def _off_by_one_{word}_{rule}(self, *shapes):
    result = _rule_{word}_{rule}(self, *shapes)
    first = result[0] if isinstance(result, tuple) else result
    first = _replace(first, {field}=first.{field} + 1)
    return (first, *result[1:]) if isinstance(result, tuple) else first

{op}.{rule} = _off_by_one_{word}_{rule}
"""
ONES = """
def _ones(self):
    for tensor in (*self.parameters(recurse=False), *self.buffers(recurse=False)):
        tensor.data.fill_(1)

{layer}.reset_parameters = _ones
"""


def kills() -> Iterator[Kill]:
    """Every fault of every op and layer."""
    vocabulary = Vocabulary()
    for word in vocabulary:
        op = vocabulary[word]
        if issubclass(op, Op):
            yield from _of_op(word, op)
    for info in iter_modules(layers.__path__):
        module = import_module(f"{layers.__name__}.{info.name}")
        for name, layer in vars(module).items():
            own = inspect.isclass(layer) and issubclass(layer, nn.Module) and layer.__module__ == module.__name__
            if own and "reset_parameters" in vars(layer):
                yield _kill(layer, "reset_parameters", "ones", ONES.format(layer=name))


def _of_op(word: str, op: type[Op]) -> Iterator[Kill]:
    names = {"word": word, "op": op.__name__}
    yield _kill(op, "build", "zeros", FORWARD.format(body=ZEROS, **names))
    yield _kill(op, "build", "its input", FORWARD.format(body=INPUT, **names))
    yield _kill(op, "infer", "one channel more", RULE.format(rule="infer", field="c", **names))
    for field in ("params", "macs"):
        yield _kill(op, "cost", f"one more of {field}", RULE.format(rule="cost", field=field, **names))


def _kill(owner: type, function: str, what: str, patch: str) -> Kill:
    code = getattr(owner, function).__code__
    file = Path(code.co_filename).relative_to(ROOT)  # another one than the owner's, where the function is inherited
    return Kill(owner.__module__, str(file), code.co_qualname, f"{owner.__name__}: {what}", patch)
