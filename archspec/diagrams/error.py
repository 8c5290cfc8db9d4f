"""What a picture cannot be drawn for."""

from __future__ import annotations

from archspec.errors import RuleError


class RenderError(RuleError):
    """A picture that cannot be drawn as asked: an unknown format, theme or path, or an extra that is not installed."""

    def __init__(self, message: str, *, help: str | None = None) -> None:
        super().__init__(message, code="render", help=help)
