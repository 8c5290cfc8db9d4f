"""The command line."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb, with the words of the command line or with `arguments`, and return the exit code.

    0: fine. 1: findings, such as problems of a spec, a stale file, a budget missed. 2: an error of usage or of the
    machine. Raises SystemExit where argparse ends the run: with 0 after `--help`, with 2 for wrong arguments.
    """
    with _abrupt():  # nothing is under way yet, and an import that is interrupted says so in many lines
        from archspec.cli.run import prepared

        run = prepared(arguments)
    return run()


@contextmanager
def _abrupt() -> Iterator[None]:
    """Ctrl-C ends the process at once, as it does a program that does not know of it."""
    usual = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if not usual or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
