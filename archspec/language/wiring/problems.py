"""The problems of one step, collected, so that one run reports all of them."""

from __future__ import annotations

from archspec.errors import MOST_PROBLEMS, Problem, SpecError


class UnresolvedError(Exception):
    """A value could not be resolved. The problems that prevented it are recorded already."""


class Problems:
    """Collects the problems of one step."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []

    def __len__(self) -> int:
        return len(self._problems)

    def __getitem__(self, index: int) -> Problem:
        return self._problems[index]

    def add(self, *problems: Problem) -> None:
        """Record problems. Raises SpecError as soon as there are more than anybody reads."""
        self._problems += problems
        if len(self) >= MOST_PROBLEMS:
            raise self.error()

    def fail(self, problem: Problem) -> UnresolvedError:
        """Record a problem and return the exception to raise."""
        self.add(problem)
        return UnresolvedError()

    def error(self) -> SpecError:
        """The problems as one error. A fault that several uses of a YAML block run into is one problem."""
        distinct = {(problem.code, problem.path, problem.key, problem.mark): problem for problem in self._problems}
        return SpecError(distinct.values())
