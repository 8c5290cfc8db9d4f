"""The problems of one step, collected, so that one run reports all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from archspec.errors import MOST_PROBLEMS, Problem, SpecError


class UnresolvedError(Exception):
    """A value could not be resolved. The problems that prevented it are recorded already."""


class Problems:
    """Collects the problems of one step."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self._problems)

    def __getitem__(self, index: int) -> Problem:
        return self._problems[index]

    def add(self, *problems: Problem) -> None:
        """Record problems. Raises SpecError as soon as there are more than anybody reads."""
        self._problems += [replace(problem, notes=(*problem.notes, *self._notes)) for problem in problems]
        if len(self) >= MOST_PROBLEMS:
            raise self.error()

    @contextmanager
    def within(self, notes: tuple[str, ...]) -> Iterator[None]:
        """Problems that are recorded meanwhile get these notes, before those of what is around."""
        before, self._notes = self._notes, (*notes, *self._notes)
        try:
            yield
        finally:
            self._notes = before

    def fail(self, problem: Problem) -> UnresolvedError:
        """Record a problem and return the exception to raise."""
        self.add(problem)
        return UnresolvedError()

    def error(self) -> SpecError:
        """The problems as one error. A fault that several uses of a YAML block run into is one problem."""
        distinct: dict[object, Problem] = {}
        for problem in self._problems:
            distinct.setdefault((problem.code, problem.path, problem.key, problem.mark), problem)
        return SpecError(distinct.values())
