"""The live preview: a page, on this machine alone, that shows a spec and redraws when one of its files is saved."""

from __future__ import annotations

from archspec.serve.preview import Preview
from archspec.serve.server import Server

__all__ = ["Preview", "Server"]
