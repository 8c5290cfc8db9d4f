"""A file as text; one that cannot be a spec is refused before it is read."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import islice
from pathlib import Path

from archspec.errors import Mark, Problem, Source, SpecError, nearest

MOST_BYTES = 4 * 2**20


_noted: ContextVar[set[Path] | None] = ContextVar("noted", default=None)


@contextmanager
def noting() -> Iterator[set[Path]]:
    """Collect the files that are read in the `with` block, missing ones included: all that a spec depends on."""
    files: set[Path] = set()
    token = _noted.set(files)
    try:
        yield files
    finally:
        _noted.reset(token)


def note(path: str | Path) -> None:
    """Record that a spec depends on a file, for whoever is `noting`."""
    if (files := _noted.get()) is not None:
        files.add(Path(path))


def read(path: str | Path) -> Source:
    """The text of a file, with line ends as `\\n`.

    Raises SpecError for a file that is missing, unreadable, too large, or not UTF-8 text.
    """
    note(path)
    name = str(path).encode("utf-8", "backslashreplace").decode()
    try:
        status = os.stat(path)
        _refuse_unless_small_file(status, name)
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)  # the file may have grown meanwhile
    except (FileNotFoundError, NotADirectoryError):
        raise SpecError(_missing(Path(path), name)) from None
    except OSError as error:
        loop = error.errno == errno.ELOOP
        reason = "its symbolic links go round in a circle" if loop else (error.strerror or str(error)).lower()
        raise SpecError(Problem("file-unreadable", f"{name} cannot be read: {reason}")) from None
    except ValueError:
        raise SpecError(Problem("file-missing", f"{name!r} cannot be a file's name")) from None
    if len(data) > MOST_BYTES:
        raise SpecError(too_large(name, len(data)))
    text = _decode(data, name).removeprefix("\ufeff")
    return Source(name, text.replace("\r\n", "\n").replace("\r", "\n"), str(path))


def _refuse_unless_small_file(status: os.stat_result, name: str) -> None:
    if stat.S_ISDIR(status.st_mode):
        help = "name a file in it, such as cvt.yaml"
        raise SpecError(Problem("file-directory", f"{name} is a directory, not a spec", help=help))
    if not stat.S_ISREG(status.st_mode):
        raise SpecError(Problem("file-unreadable", f"{name} is a device or a pipe, not a regular file"))
    if status.st_size > MOST_BYTES:
        raise SpecError(too_large(name, status.st_size))


def too_large(name: str, size: int) -> Problem:
    """The problem of a text of more than MOST_BYTES."""
    return Problem("yaml-too-large", f"{name} has {size:,} bytes, more than the {MOST_BYTES:,} that are read")


def _missing(path: Path, name: str) -> Problem:
    if os.path.islink(path):
        target = os.readlink(path).encode("utf-8", "backslashreplace").decode()
        message = f"{name} is a symbolic link to {target}, which is not there"
        return Problem("file-missing", message, help="point the link at a file, or name the file itself")
    try:
        with os.scandir(path.parent) as entries:
            beside = [entry.name for entry in islice(entries, 1000)]
    except OSError:
        return Problem("file-missing", f"there is no file {name}: there is no directory {path.parent}")
    return Problem("file-missing", f"there is no file {name}", help=nearest(path.name, beside))


def _decode(data: bytes, name: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise SpecError(Problem("file-encoding", f"{name} is UTF-16, not UTF-8", help="save it as UTF-8"))
    if b"\0" in data:
        at = data.index(b"\0")
        raise SpecError(Problem("file-binary", f"{name} is no text: byte {at:,} is NUL", _mark_of_byte(data, at, name)))
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        mark = _mark_of_byte(data, error.start, name)
        wrong = f"byte {error.start:,}, in line {mark.line}, is 0x{data[error.start]:02x}"
        problem = Problem("file-encoding", f"{name} is not UTF-8: {wrong}", mark, help="save it as UTF-8")
        raise SpecError(problem) from None


def _mark_of_byte(data: bytes, at: int, name: str) -> Mark:
    """The place of a byte in a file that is not text."""
    line, column = data.count(b"\n", 0, at) + 1, at - data.rfind(b"\n", 0, at)
    return Mark(Source(name, "", name), line, column, line, column + 1)
