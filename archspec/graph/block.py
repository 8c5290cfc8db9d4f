"""What a block is: an op states its own rules, a composite is written in other blocks."""

import inspect
import re
import sys
import typing
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    ClassVar,
    Generic,
    Literal,
    Protocol,
    TypeVar,
    Union,
    get_args,
    get_origin,
)
from weakref import WeakKeyDictionary

from pydantic import BaseModel, ConfigDict, Field

from archspec.errors import RuleError
from archspec.graph.shape import Shape

if TYPE_CHECKING:
    from torch import nn

S_co = TypeVar("S_co", bound=Shape, covariant=True)

Span = tuple[int, int]
"""Rows of a value, from the first to the one before the second."""

Rows = Literal["each", "asked", "moved", "mixed"]
"""How the rows of outputs depend on those of inputs, where a row is a token, or a query's row of a map.

each: on the same row of every input. asked: on the same row of the first input, and on all rows of the others.
moved: the inputs' rows in a line are the outputs' rows in a line. mixed: on all.
"""

Size = Annotated[int, Field(ge=1, le=2**31)]
Rate = Annotated[float, Field(ge=0, lt=1)]


@dataclass(frozen=True, slots=True)
class Ref:
    """Where a value comes from: an input or a node of the same graph, and which of its outputs."""

    node: str
    port: int = 0


@dataclass(frozen=True, slots=True)
class Value(Generic[S_co]):
    """A value while a composite is being written down: its origin and its shape."""

    ref: Ref
    shape: S_co


@dataclass(frozen=True, slots=True)
class Role:
    """Marks a config field as a slot: the field holds a block, of this role."""

    name: str


@dataclass(frozen=True, slots=True)
class Port:
    """One input of a block: its name and the shapes it takes; `variadic` takes any number of values."""

    name: str
    shapes: tuple[type[Shape], ...]
    variadic: bool = False

    @property
    def wants(self) -> str:
        """The kinds as a sentence says them."""
        return " or ".join(f"{'an' if shape.kind == 'image' else 'a'} {shape.kind}".replace("a tokens", "tokens")
                           for shape in self.shapes)  # fmt: skip


_SLOTS: WeakKeyDictionary[type, dict[str, str]] = WeakKeyDictionary()  # a spec's own blocks go when it goes


class Block(BaseModel):
    """A config that can be placed in a graph. Its fields are the keys a user writes; extra keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True, allow_inf_nan=False)

    word: ClassVar[str] = ""
    role: ClassVar[str] = "other"
    outputs: ClassVar[tuple[str, ...]] = ()  # names, where there are several
    examples: ClassVar[list[tuple[Any, ...]]] = []  # (config, shape, shape …): what the laws are run on
    probed: ClassVar[bool] = False  # whether its module was asked for what it does not say

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        if "word" not in cls.__dict__:
            cls.word = word_of(cls.__name__)

    def label(self) -> str:
        """The words in a diagram's box."""
        return self.word.replace("_", " ")

    def label_on(self, *inputs: Shape) -> str:
        """The label where the shapes of the inputs are known, for what has its name from them."""
        return self.label()

    @classmethod
    def rule(cls) -> Callable[..., Any]:
        """The method whose signature is the list of ports."""
        raise NotImplementedError

    def ports(self) -> tuple[Port, ...]:
        """The inputs."""
        return ports_of(type(self))

    def output_names(self) -> tuple[str, ...]:
        """The names of the outputs; empty where there is one, without a name."""
        return self.outputs

    @classmethod
    def slots(cls) -> dict[str, str]:
        """The fields that hold a block, and the role of each."""
        if cls not in _SLOTS:
            _SLOTS[cls] = {
                name: mark.name
                for name, field in cls.model_fields.items()
                for mark in field.metadata
                if isinstance(mark, Role)
            }
        return _SLOTS[cls]


def word_of(name: str) -> str:
    """`ConvAttention` is what `block: conv_attention` names."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Scope(Protocol):
    """One level while it is written down: `scope(name, block, *values)` places a node and returns its value(s)."""

    def __call__(self, name: str, block: "Block", *values: Value[Any]) -> Any: ...


class Op(Block):
    """A word that torch knows: states shape, cost and module itself.

    `infer(*shapes) -> Shape` (or a tuple of them), `cost(*shapes) -> Cost`, `build(*shapes) -> nn.Module`. Nothing but
    `build` imports torch.
    """

    rows: ClassVar[Rows] = "mixed"
    effects: ClassVar[bool] = False
    """Whether a run leaves more than its outputs: statistics, random numbers that were drawn."""

    infer: ClassVar[Callable[..., Any]]
    cost: ClassVar[Callable[..., Any]]
    build: ClassVar["Callable[..., nn.Module]"]

    @classmethod
    def rule(cls) -> Callable[..., Any]:
        return cls.infer

    def reads(self, *shapes: Shape) -> tuple[Span, ...]:
        """Of each input, the rows that any output depends on."""
        return tuple((0, shape.rows) for shape in shapes)


class Composite(Block):
    """A block written in ops and other blocks: `expand(scope, *values)` says it once, all else is derived."""

    expand: ClassVar[Callable[..., Any]]

    @classmethod
    def rule(cls) -> Callable[..., Any]:
        return cls.expand


def carried(block: Block) -> tuple[int, ...]:
    """For each output, the port that takes it in the next repetition: that of its name; the first, if it has none."""
    names = [port.name for port in block.ports()]
    return tuple(names.index(title) if title in names else -1 for title in block.output_names()) or (0,)


def divide(whole: int, parts: int, field: str, what: str) -> int:
    """`whole / parts`, which a config field asks to come out even."""
    if whole % parts:
        near = [d for d in range(1, whole + 1) if whole % d == 0] if whole <= 65536 else []
        near = sorted(sorted(near, key=lambda d: abs(d - parts))[:3])
        raise RuleError(
            f"{field}={parts} does not divide {what}",
            code="divisible",
            field=field,
            help=f"{', '.join(map(str, near))} would" if near else None,
        )
    return whole // parts


@cache
def ports_of(block: type[Block]) -> tuple[Port, ...]:
    """The ports of a block, read from the signature of its `infer` or `expand`."""
    rule = block.rule()
    hints = typing.get_type_hints(rule, {**vars(sys.modules[rule.__module__]), "Value": Value})
    ports = []
    for parameter in list(inspect.signature(rule).parameters.values())[1:]:
        if parameter.name != "scope":
            variadic = parameter.kind is inspect.Parameter.VAR_POSITIONAL
            ports.append(Port(parameter.name, _shapes(hints[parameter.name]), variadic))
    return tuple(ports)


def _shapes(hint: Any) -> tuple[type[Shape], ...]:
    """`Image`, `Tokens | Vector` and `Value[Tokens]` name the shapes that a port takes."""
    if get_origin(hint) is Value:
        return _shapes(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return tuple(shape for part in get_args(hint) for shape in _shapes(part))
    if hint is Shape:
        from archspec.graph.shape import Image, Tokens, Vector

        return (Image, Tokens, Vector)
    return (hint,)
