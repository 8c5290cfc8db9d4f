"""A file appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write(path: Path, data: str | bytes) -> None:
    """Write beside the target, then rename over it."""
    with aside(path) as temporary:
        temporary.write_bytes(data.encode() if isinstance(data, str) else data)


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """A path beside the target, for a library that writes files itself: renamed over the target where all goes well."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        yield Path(name)
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)  # what open() would have given; mkstemp keeps files to oneself
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
