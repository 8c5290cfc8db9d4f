"""What one spec has cost so far, and the bounds that keep small texts from taking long."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from archspec.errors import Mark, Problem
from archspec.language.expression import MOST_STEPS, Effort, HeavyError, SpentError
from archspec.language.wiring.problems import Problems

MOST_BLOCKS = 5_000
MOST_NESTED = 50
STEPS_OF_A_VALUE = 2
STEPS_OF_A_BLOCK = 40


@dataclass(slots=True)
class Tally:
    """Blocks, and the steps of expressions, of one spec: one tally for all that a command does with it."""

    blocks: int = 0
    nested: int = 0
    """How many blocks, one within the other, are being built."""
    effort: Effort = field(default_factory=Effort)

    def built(self, mark: Mark, path: str, problems: Problems) -> None:
        """Count a block, and spend the steps that it and its node take. Raises SpecError where none are left."""
        self.blocks += 1
        self.spend(STEPS_OF_A_BLOCK, mark, path, problems)

    def check(self, mark: Mark, path: str, problems: Problems) -> None:
        """Raises SpecError, with all problems so far, where there are too many blocks, or too many in each other."""
        if self.blocks > MOST_BLOCKS:
            raise _refuse(f"{path}: the spec has more than {MOST_BLOCKS:,} blocks that differ", mark, path, problems)
        if self.nested > MOST_NESTED:
            raise _refuse(f"{path}: blocks are nested deeper than {MOST_NESTED} levels", mark, path, problems)

    def spend(self, steps: int, mark: Mark, path: str, problems: Problems) -> None:
        """Spend steps on a value. Raises SpecError, with all problems so far, where none are left."""
        try:
            self.effort.spend(steps)
        except SpentError:
            raise self.spent(mark, path, problems) from None

    def spend_on(self, value: Any, mark: Mark, path: str, problems: Problems) -> None:
        """Spend steps on each value within a value. Raises SpecError, also for a value that is too large."""
        try:
            self.spend(STEPS_OF_A_VALUE * self.effort.weigh(value), mark, path, problems)
        except HeavyError as heavy:
            raise _refuse(f"{path} {heavy}", mark, path, problems) from None
        except SpentError:
            raise self.spent(mark, path, problems) from None

    def spent(self, mark: Mark, path: str, problems: Problems) -> Exception:
        """The SpecError of a spec whose steps are spent."""
        message = f"{path}: up to here, the spec takes more than {MOST_STEPS:,} steps to work out"
        return _refuse(message, mark, path, problems, "shorten its lists, or read them less often")


def _refuse(message: str, mark: Mark, path: str, problems: Problems, help: str | None = None) -> Exception:
    problems.add(Problem("too-large", message, mark, path, help=help))
    return problems.error()
