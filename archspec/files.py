"""A file appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write(path: Path, data: str | bytes) -> None:
    """Write beside the target, then rename over it."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
        mask = os.umask(0)
        os.umask(mask)
        Path(name).chmod(0o666 & ~mask)  # what open() would have given; mkstemp keeps files to oneself
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
