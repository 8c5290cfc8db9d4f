"""Values and texts of expressions as messages quote them."""

from __future__ import annotations

from typing import Any

_KINDS = {bool: "the bool", int: "the int", float: "the float", str: "the text", tuple: "the list"}


def cut(text: str, most: int = 60) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def show(value: Any) -> str:
    """A value as the spec would spell it, cut where it is long."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "a group of fields"
    if isinstance(value, list | tuple):
        return cut(f"[{', '.join(map(show, value[:8]))}{', …' if len(value) > 8 else ''}]")
    return cut(repr(value[:80] if isinstance(value, str) else value))


def show_kind(value: Any) -> str:
    """A value with its kind before it: `the int 3`."""
    return f"{_KINDS[type(value)]} {show(value)}" if type(value) in _KINDS else show(value)
