"""The command line."""

from archspec.cli.main import main

__all__ = ["main"]
