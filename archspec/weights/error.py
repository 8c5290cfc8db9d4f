"""The error of weights that cannot be had, or do not fit."""

from __future__ import annotations

from pathlib import Path

from archspec.errors import Problem, SpecError, printable


class WeightsError(SpecError):
    """Weights that cannot be read or written, or do not fit the model."""

    def __reduce__(self) -> tuple[type[WeightsError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


def file_error(path: str | Path, message: str, help: str | None = None, *, code: str = "weights-file") -> WeightsError:
    """A fault of a file; the message follows its path: `is empty`."""
    return WeightsError(Problem(code, printable(f"{path} {message}"), help=help))


def shown(name: object, most: int = 160) -> str:
    """A name that a stranger wrote, fit to be printed; what is no text is shown by its type."""
    if not isinstance(name, str):
        return f"<{type(name).__name__}>"
    return printable(name if len(name) <= most else f"{name[: most - 1]}…")
