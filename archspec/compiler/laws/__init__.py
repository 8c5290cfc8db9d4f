"""The laws that every block obeys, for tests and for `archspec blocks check`."""

from archspec.compiler.laws.blocks import against_torch, broken, single

__all__ = ["against_torch", "broken", "single"]
