"""Writing files: whole or not at all, and never over what the writer did not mean to lose."""

from __future__ import annotations

import errno
import json
import math
import os
import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any

_DESCRIPTOR = re.compile(r"/dev/(?:stdout|stderr|fd/(\d+))|/proc/self/fd/(\d+)")
_SPEC = re.compile(r"^(archspec|extends|blocks|graph|variants|params):", re.MULTILINE)
_HEADS = (
    (b"\x89PNG", "a PNG"),
    (b"%PDF", "a PDF"),
    (b"<svg", "an SVG"),
    (b"<!doctype", "a page"),
    (b"<html", "a page"),
    (b"% archspec", "a TikZ picture"),
    (b"{", "JSON"),
    (b"[", "JSON"),
)
_SUFFIXES = {".py": "Python code", ".yaml": "YAML", ".yml": "YAML", ".toml": "TOML", ".ipynb": "a notebook"}

Judge = Callable[[str], bool]
"""Whether the text of a spec may go: it has nothing in it that a person wrote."""

_guard: ContextVar[tuple[Collection[Path], bool]] = ContextVar("guard", default=((), False))


@contextmanager
def guarding(inputs: Collection[Path], *, force: bool = False) -> Iterator[None]:
    """In the `with` block no file of `inputs`, which may grow meanwhile, is written over; with `force` any file is."""
    token = _guard.set((inputs, force))
    try:
        yield
    finally:
        _guard.reset(token)


def write(path: Path, data: str | bytes, may_go: Judge | None = None) -> None:
    """Write text (as UTF-8) or bytes to a file, all at once; a pipe or a device is written into.

    Raises OSError where that is not possible, such as FileExistsError where another kind of file is there, a file that
    this command reads, or a spec of which `may_go` does not say that it may; the file is then as it was.
    """
    with replacing(path, may_go) as aside:
        aside.write_bytes(data.encode() if isinstance(data, str) else data)


@contextmanager
def replacing(path: Path, may_go: Judge | None = None) -> Iterator[Path]:
    """An empty file, to be filled: it takes the place of `path` at the end, or goes after an error.

    Raises what `write` raises.
    """
    import tempfile  # it brings much with it that a run without output does not need

    stream = _is_stream(path)
    target = Path(os.path.realpath(path))  # a link stays a link
    folder = tempfile.gettempdir() if stream else target.parent
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{target.name[:200]}.")
    os.close(handle)
    aside = Path(name)
    try:
        yield aside
        if stream:
            _pour(aside, path)
        else:
            with aside.open("rb") as file:
                refuse(path, kind(file.read(4096)), may_go)
            _dress(aside, target)
            aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)


def refuse(path: Path, new: str, may_go: Judge | None = None) -> None:
    """Raise an OSError where a file of the kind `new` cannot be written to a path, or may not."""
    inputs, force = _guard.get()
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder; name a file in it", str(path))
    if not path.is_file() or _is_stream(path):
        return
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "it is protected from being written", str(path))
    reason = None if force else _reason(path, new, inputs, may_go)
    if reason:
        help = "choose another name, or remove it first; --force replaces it"
        raise FileExistsError(errno.EEXIST, f"it {reason}; {help}", str(path))


def _reason(path: Path, new: str, inputs: Collection[Path], may_go: Judge | None) -> str | None:
    """Why a file that is there should stay."""
    if any(_same(path, other) for other in inputs):
        return "is read by this command, which does not write over it"
    with path.open("rb") as file:
        head = file.read(2**20)
    old = kind(head, path.suffix)
    if not head.strip():
        return None
    if old != new:
        return f"is {old}, and {new} would take its place"
    if old == "a spec" and not (may_go and may_go(head.decode(errors="replace"))):
        return "was written by hand, and what is written now has none of its comments"
    return None


def kind(head: bytes, suffix: str = "") -> str:
    """What a file is, by its first bytes and, where it is text of somebody else, by its suffix."""
    text = head.lstrip()
    for start, name in _HEADS:
        if text[: len(start)].lower() == start.lower():
            return name
    if head[:2] == b"PK" or head[8:9] == b"{" or head[:1] == b"\x80":
        return "weights"
    if text.startswith(b"<?xml"):
        return "an SVG" if b"<svg" in head else "XML"
    if b"\0" in head:
        return "binary"
    if _SPEC.search(head.decode(errors="replace")):
        return "a spec"
    return _SUFFIXES.get(suffix.lower(), "text")


def folder(path: Path) -> None:
    """Make a folder, where there is none yet. Raises NotADirectoryError where a file has its name."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        message = "a file has this name, or that of a folder around it; name a folder"
        raise NotADirectoryError(errno.ENOTDIR, message, str(path)) from None


def json_text(data: Any, indent: int | None = 2) -> str:
    """Plain data as JSON that every reader takes: what is no number there, NaN and the infinities, is its name."""
    try:
        return json.dumps(data, indent=indent, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(data), indent=indent, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value


def _same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except (OSError, ValueError):
        return False


def _is_stream(path: Path) -> bool:
    """Whether a path leads to a pipe, a device or an open file, which are written into rather than replaced."""
    return bool(_DESCRIPTOR.fullmatch(str(path))) or (path.exists() and not path.is_file() and not path.is_dir())


def _pour(aside: Path, path: Path) -> None:
    """Write a file's content into a pipe or a device; an open file goes on where it is."""
    import shutil

    descriptor = _DESCRIPTOR.fullmatch(str(path))
    number = {"/dev/stdout": 1, "/dev/stderr": 2}.get(str(path))
    if descriptor and number is None:
        number = int(descriptor[1] or descriptor[2])
    with aside.open("rb") as source, open(path if number is None else os.dup(number), "wb") as sink:
        shutil.copyfileobj(source, sink)


def _dress(aside: Path, target: Path) -> None:
    """Give a new file the rights and the owner of the one that it replaces, or those that open() would give it."""
    try:
        old = target.stat()
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        aside.chmod(0o666 & ~mask)
        return
    if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(OSError):
            os.chown(aside, old.st_uid, old.st_gid)
    aside.chmod(old.st_mode & 0o7777)
