"""What a layout is made of: vertices with ports, edges between them, and the hops that edges are cut into."""

from __future__ import annotations

from dataclasses import dataclass, field

from archspec.diagrams.layout.stroke import Point

LANE = 5.0
"""Half the room that a passing wire takes."""


@dataclass(slots=True, eq=False)
class Vertex:
    """What is placed: `along` the flow and, to both sides of its axis, `before` and `after` across it.

    `ins` and `outs` are the places of its ports, across, from the axis. The labels of its outputs take `label` along
    the flow and `tail` after the axis.
    """

    name: str
    along: float
    before: float
    after: float
    ins: list[float] = field(default_factory=lambda: [0.0])
    outs: list[float] = field(default_factory=lambda: [0.0])
    tail: float = 0.0
    label: float = 0.0
    sideways: bool = False  # wires may come in from the side: a sum
    rim: int = 0  # -1: an inlet, 1: an outlet of the level
    u: float = 0.0  # its axis
    v: float = 0.0  # its start
    rank: int = 0
    value: tuple[str, int] | None = None  # of a lane: the vertex and the output that its wire comes from

    @property
    def lane(self) -> bool:
        """Whether it is no box, but a place where a wire passes its rank."""
        return self.value is not None


@dataclass(frozen=True, slots=True)
class Edge:
    """A wire between two ports."""

    source: str
    out: int
    target: str
    into: int


@dataclass(frozen=True, slots=True)
class Gaps:
    """Room between things."""

    across: float = 22.0
    along: float = 22.0
    track: float = 10.0
    head: float = 12.0  # for the arrow's head, behind the last bend


@dataclass(slots=True, eq=False)
class Effort:
    """What is left of the work that one picture may take; far more than a usual one needs."""

    pieces: int = 100_000  # of wires, between one rank and the next: a picture with more is refused
    steps: int = 600_000  # wires and neighbours looked at until the columns stay: then they stay where they are


@dataclass(slots=True)
class Plan:
    """A level, placed: vertices by name, the points of every edge, and the extent of all."""

    vertices: dict[str, Vertex]
    routes: list[list[Point]]
    across: float = 0.0
    along: float = 0.0


@dataclass(slots=True, eq=False)
class Hop:
    """A piece of an edge between neighbouring ranks."""

    a: Vertex
    out: int
    b: Vertex
    into: int

    @property
    def start(self) -> float:
        return self.a.outs[self.out]

    @property
    def end(self) -> float:
        return self.b.ins[self.into]
