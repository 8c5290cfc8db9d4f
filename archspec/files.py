"""Writing files so that a reader finds the old content or the new, never a part of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write(path: Path, data: str | bytes) -> None:
    """Write text (as UTF-8) or bytes to a file, all at once; a pipe or a device is written into.

    Raises OSError where that is not possible; the file is then as it was.
    """
    content = data.encode() if isinstance(data, str) else data
    if path.exists() and not path.is_file():  # /dev/stdout: a rename would put a file in its place
        path.write_bytes(content)
        return
    with replacing(path) as aside:
        aside.write_bytes(content)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """An empty file in the same folder, to be filled: it takes the place of `path` at the end, or goes after an error.

    Raises OSError where the folder is missing or cannot be written to.
    """
    target = Path(os.path.realpath(path))  # a link stays a link
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    os.close(handle)
    aside = Path(name)
    try:
        yield aside
        mask = os.umask(0)
        os.umask(mask)
        aside.chmod(0o666 & ~mask)  # as open() would have created it; mkstemp allows its owner alone
        aside.replace(target)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
