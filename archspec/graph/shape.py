"""What flows along an edge: an image, tokens or a vector, the batch implied."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

from archspec.errors import RuleError


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows and columns of the map that tokens were cut from."""

    h: int
    w: int

    @property
    def n(self) -> int:
        return self.h * self.w

    def __str__(self) -> str:
        return f"{self.h}x{self.w}"


@dataclass(frozen=True, slots=True)
class Shape:
    """The type of a value; `sizes` are the axes behind the batch."""

    kind: ClassVar[str]
    axes: ClassVar[str]

    @property
    def sizes(self) -> tuple[int, ...]:
        raise NotImplementedError

    @property
    def numel(self) -> int:
        """Elements of one sample."""
        return math.prod(self.sizes)

    @property
    def rows(self) -> int:
        """Tokens, or the rows of a map; a value that has neither is one row."""
        return 1

    def cut(self, start: int, stop: int) -> Shape:
        """What some of the rows are."""
        assert (start, stop) == (0, self.rows)
        return self

    @property
    def text(self) -> str:
        """The sizes alone, as they stand on an edge: `197x384`."""
        return "x".join(map(str, self.sizes))

    def __str__(self) -> str:
        return f"{self.kind} {self.text}"


@dataclass(frozen=True, slots=True)
class Image(Shape):
    """A map of `c` channels, `h` rows and `w` columns: torch's (b, c, h, w)."""

    kind: ClassVar[str] = "image"
    axes: ClassVar[str] = "c h w"

    c: int
    h: int
    w: int

    @property
    def sizes(self) -> tuple[int, ...]:
        return (self.c, self.h, self.w)

    @property
    def grid(self) -> Grid:
        return Grid(self.h, self.w)


@dataclass(frozen=True, slots=True)
class Tokens(Shape):
    """`n` tokens of width `c`, (b, n, c): those named in `prefix`, the others, those named in `suffix`.

    The others are the cells of `grid`, row by row, where there is one; tokens with a suffix have none.
    """

    kind: ClassVar[str] = "tokens"
    axes: ClassVar[str] = "n c"

    n: int
    c: int
    grid: Grid | None = None
    prefix: tuple[str, ...] = ()
    suffix: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.grid and self.n != len(self.prefix) + self.grid.n:
            raise RuleError(f"{self.n} tokens are not {len(self.prefix)} in front and a grid of {self.grid}")

    @property
    def sizes(self) -> tuple[int, ...]:
        return (self.n, self.c)

    @property
    def rows(self) -> int:
        return self.n

    def cut(self, start: int, stop: int) -> Tokens:
        """Some of the tokens: names go along with theirs, the grid stays where all its cells do."""
        whole, unnamed = start <= len(self.prefix) and stop == self.n, self.n - len(self.suffix)
        suffix = self.suffix[max(0, start - unnamed) : max(0, stop - unnamed)]
        return Tokens(stop - start, self.c, self.grid if whole else None, self.prefix[start:stop], suffix)

    @property
    def body(self) -> Tokens:
        """The tokens behind the prefix."""
        return replace(self, n=self.n - len(self.prefix), prefix=())

    def index(self, token: str) -> int:
        """The place of a named token; a RuleError where there is none of that name."""
        if token in self.prefix:
            return self.prefix.index(token)
        if token in self.suffix:
            return self.n - len(self.suffix) + self.suffix.index(token)
        names = (*self.prefix, *self.suffix)
        there = f"there are {', '.join(names)}" if names else "there are none in front"
        raise RuleError(f"no token named {token} in {self}: {there}", code="token", field="token")

    def wide(self, c: int) -> Tokens:
        """The same tokens with another width."""
        return replace(self, c=c)


@dataclass(frozen=True, slots=True)
class AttentionMap(Image):
    """A map for each of `c` heads: a row for each of the `queries`, a column for each key, (b, c, h, w)."""

    kind: ClassVar[str] = "map"

    queries: Tokens

    @property
    def rows(self) -> int:
        return self.h

    def cut(self, start: int, stop: int) -> AttentionMap:
        """The maps of some of the queries."""
        return replace(self, h=stop - start, queries=self.queries.cut(start, stop))


@dataclass(frozen=True, slots=True)
class Vector(Shape):
    """One vector of `c` features, (b, c): pooled features or logits."""

    kind: ClassVar[str] = "vector"
    axes: ClassVar[str] = "c"

    c: int

    @property
    def sizes(self) -> tuple[int, ...]:
        return (self.c,)

    def wide(self, c: int) -> Vector:
        """A vector of another width."""
        return Vector(c)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a node costs: parameters, of which `frozen` never train; multiply-accumulates of one sample; buffers.

    MACs count matrix products, convolutions, QKᵀ and AV; norms, activations and biases are left out (1 MAC = 2 FLOPs).
    """

    params: int = 0
    macs: int = 0
    frozen: int = 0
    buffers: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.params + other.params,
            self.macs + other.macs,
            self.frozen + other.frozen,
            self.buffers + other.buffers,
        )
