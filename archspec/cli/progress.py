"""Says what takes long: a bar on the terminal, for anything that is not done within a second."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Step = Callable[[str], None]


@contextmanager
def progress(title: str, total: int | None, *, quiet: bool = False) -> Iterator[Step]:
    """A function to call at each step with what it is about. Silent where nobody would see it."""
    if quiet or os.environ.get("NO_COLOR") or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    started = time.monotonic()
    with Progress(console=Console(stderr=True), transient=True, disable=False, auto_refresh=False) as bar:
        task = bar.add_task(title, total=total)

        def step(what: str) -> None:
            bar.update(task, advance=1, description=f"{title}: {what}")
            if time.monotonic() - started > 1:
                bar.refresh()

        yield step
