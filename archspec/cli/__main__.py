"""A process that runs one verb and ends: the script `archspec`, and `python -m archspec.cli`."""

from __future__ import annotations

import gc
import sys

from archspec.cli import main


def command() -> int:
    """Run the verb of the command line, with garbage collection tuned to a process that soon ends; the exit code.

    What a verb imports stays until the end: searching it for garbage, meanwhile and when Python shuts down, costs a
    short run a tenth of its time.
    """
    gc.set_threshold(1_000_000)
    try:
        return main()
    finally:
        gc.freeze()


if __name__ == "__main__":
    sys.exit(command())
