"""A progress bar on the terminal, for what takes longer than a second."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from archspec.cli.screen import raw
from archspec.errors import printable

Step = Callable[[str], None]


@contextmanager
def progress(title: str, total: int | None, *, quiet: bool = False) -> Iterator[Step]:
    """A function to call at each step, with its name; `total` is the number of steps, None where it is not known.

    Nothing is shown where `quiet`, NO_COLOR or a redirected standard error asks for that.
    """
    if quiet or os.environ.get("NO_COLOR") or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import Progress

    started = time.monotonic()
    with Progress(console=Console(file=raw(sys.stderr)), transient=True, disable=False, auto_refresh=False) as bar:
        task = bar.add_task(title, total=total)

        def step(name: str) -> None:
            bar.update(task, advance=1, description=escape(f"{title}: {printable(name)}"))
            if time.monotonic() - started > 1:
                bar.refresh()

        yield step
