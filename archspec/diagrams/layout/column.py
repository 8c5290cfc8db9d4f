"""Sugiyama's third step: where the vertices stand across the flow. What continues straight is one column."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count

from archspec.diagrams.layout.spine import Column, joined, keep_apart, settle
from archspec.diagrams.layout.vertex import Effort, Gaps, Hop, Vertex

SWEEPS = 60
LIGHT = 0.001
"""How hard a lane pulls beside a wire between two boxes: boxes stand as they want, lanes run where there is room."""


def stand(ranks: list[list[Vertex]], hops: list[Hop], gaps: Gaps, effort: Effort) -> None:
    """Give every vertex its `u`: chains straight, wires between columns short, nothing too near its neighbour."""
    columns = joined(ranks, hops, gaps, effort)
    home = {vertex: (column, shift) for column in columns for vertex, shift in column.members}
    keep_apart(ranks, home, gaps)
    for hop in hops:
        (one, a), (other, b) = home[hop.a], home[hop.b]
        if one is not other:
            offset, weight = b + hop.end - a - hop.start, LIGHT if hop.a.lane or hop.b.lane else 1.0
            one.pulls.append((other, offset, weight))
            other.pulls.append((one, -offset, weight))
    settle(columns)
    columns.sort(key=lambda column: column.u)
    _relax(columns, effort)
    for column in columns:
        _snap(column, 40.0 if column.lane else 12.0, gaps.across / 2)
    for column in columns:
        for vertex, shift in column.members:
            vertex.u = round(column.u * 2) / 2 + shift


def _relax(columns: list[Column], effort: Effort) -> None:
    """Move columns, with those that they push, to where the sum of the squared bends is least."""
    for sweep in range(SWEEPS):
        moved = 0.0
        for column in columns if sweep % 2 else reversed(columns):
            for sign in (1.0, -1.0):
                if effort.steps > 0:
                    moved = max(moved, _push(column, sign, effort))
        if moved < 0.01:
            break


def _push(column: Column, sign: float, effort: Effort) -> float:
    """Move a column right (1) or left (-1), with those that touch it, as far as they want in sum; gives how far."""
    group, weight, wish, numbers = {column: None}, 0.0, 0.0, count()
    beside: list[tuple[float, int, Column]] = []  # the columns that the group may run into, the nearest first
    newest = column
    while True:
        for other, offset, pull in newest.pulls:
            inside = other in group
            weight += -pull if inside else pull
            wish += pull * (other.u + offset - newest.u)  # one wire's pulls at both its ends add up to nothing
        for other, room in (newest.rights if sign > 0 else newest.lefts).items():
            heappush(beside, (sign * (other.u - newest.u) - room, next(numbers), other))
        effort.steps -= len(newest.pulls) + len(newest.rights) + 1
        while beside and beside[0][2] in group:
            heappop(beside)
        wants = sign * wish / weight if weight > 1e-9 else 0.0
        if wants <= 1e-6:
            return 0.0
        slack = max(beside[0][0], 0.0) if beside else float("inf")
        if slack > 1e-6:
            break
        newest = beside[0][2]
        group[newest] = None
    step = min(wants, slack)
    for member in group:
        member.u += sign * step
    return step


def _snap(column: Column, most: float, give: float) -> None:
    """Take out the smallest bend of a column, where there is room; neighbours `give` way a little."""
    for at in sorted((other.u + offset for other, offset, _ in column.pulls), key=lambda at: abs(at - column.u)):
        left = all(other.u + room - give <= at + 1e-6 for other, room in column.lefts.items())
        right = all(at + room - give <= other.u + 1e-6 for other, room in column.rights.items())
        if abs(at - column.u) <= most and left and right:
            column.u = at
            return
