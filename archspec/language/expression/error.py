"""The one error of expressions."""

from __future__ import annotations

from typing import Any


class ExpressionError(Exception):
    """One fault of an expression: a sentence, the stretch of its text, and the values of the names that it reads.

    `offset` and `width` count characters of the whole text, `$` included.
    """

    def __init__(self, message: str, offset: int = 0, width: int = 1, help: str | None = None) -> None:
        super().__init__(message)
        self.message, self.offset, self.width, self.help = message, offset, width, help
        self.values: dict[str, Any] = {}
