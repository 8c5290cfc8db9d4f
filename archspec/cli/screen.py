"""What verbs print: nothing that a terminal acts on, in the characters that it has, to a stream that may be closed."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any, BinaryIO, TextIO

from archspec.errors import shown

_PLAIN = str.maketrans({"×": "x", "–": "-", "—": "-", "·": "-", "…": "...", "→": "->", "★": "*", "\xa0": " ", "ᵀ": "T"})


class Screen(io.TextIOBase):
    """A stream of text in front of another one."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    @property
    def buffer(self) -> BinaryIO:
        """Where bytes go."""
        return self.stream.buffer

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """As the other stream has it."""
        return getattr(self.stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Write a text, with escapes for what a terminal acts on."""
        if not text.isascii():
            text = text.encode(self.encoding, "archspec").decode(self.encoding)
        return self.stream.write(shown(text))

    def flush(self) -> None:
        """Pass on what waits."""
        self.stream.flush()

    def isatty(self) -> bool:
        """Whether a person reads it."""
        return self.stream.isatty()

    def fileno(self) -> int:
        """The file that it ends in."""
        return self.stream.fileno()

    def writable(self) -> bool:
        """It is there to be written to."""
        return True


def raw(stream: Any) -> Any:
    """The stream behind a Screen, for who moves the cursor."""
    return stream.stream if isinstance(stream, Screen) else stream


@contextmanager
def screens() -> Iterator[None]:
    """Standard output and error as Screens; closed ones take everything and keep nothing."""
    codecs.register_error("archspec", _other)
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free, which a file of ours would get otherwise
    with (
        open(os.devnull, "w", encoding="utf-8") as nothing,
        redirect_stdout(Screen(sys.stdout or nothing)),
        redirect_stderr(Screen(sys.stderr or nothing)),
    ):
        yield


def drop_output() -> None:
    """Throw away what cannot be printed any more, so that the end of the process does not stumble over it."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _other(error: UnicodeError) -> tuple[str, int]:
    """What stands for characters that an encoding lacks."""
    assert isinstance(error, UnicodeEncodeError)
    wanted = error.object[error.start : error.end]
    plain = (char.translate(_PLAIN) for char in wanted)
    return "".join(char if char.isascii() else "?" for char in plain), error.end
