"""Calls in a process apart, with limits on the time and memory of each; whatever they do, the caller goes on."""

from __future__ import annotations

import gc
import os
import pickle
import resource
import select
import signal
import struct
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

GIB = 2**30
PATIENCE = 30  # times the limit of CPU time that may pass on the wall clock; a machine may be busy
SIZE = struct.Struct("<Q")


@dataclass(frozen=True)
class Result:
    """How a call ended: `returned` with its value, `raised` with the traceback, `killed` or `slow` with the reason."""

    how: str
    value: Any
    seconds: float


def bounded(call: Callable[[], Any], seconds: float = 2.0, memory: int = GIB) -> Result:
    """One call in a fork of this process."""
    (result,) = each([call], seconds, memory)
    return result


def each(calls: Sequence[Callable[[], Any]], seconds: float = 2.0, memory: int = GIB) -> Iterator[Result]:
    """The calls one after the other in a fork of this process, and in a new one behind each that kills it.

    Each may use that many seconds of CPU, and all of one fork that many bytes more than this process has now. Values
    come back pickled; one that cannot be pickled counts as `raised`.
    """
    start = 0
    while start < len(calls):
        sys.stdout.flush()
        sys.stderr.flush()
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            _serve(calls[start:], writer, seconds, memory)
        os.close(writer)
        with os.fdopen(reader, "rb", buffering=0) as file:
            while start < len(calls) and (content := _receive(file, seconds * PATIENCE)):
                yield Result(*pickle.loads(content))
                start += 1
        if start < len(calls):
            yield _dead(child, seconds)
            start += 1
        else:
            os.waitpid(child, 0)


def _serve(calls: Sequence[Callable[[], Any]], writer: int, seconds: float, memory: int) -> NoReturn:
    """The child: it answers call by call, and ends without any of this process's own endings."""
    gc.freeze()  # what this process has is no garbage, and looking through it copies it
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    bound = _mapped() + memory
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
    for call in calls:
        before = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            answer = ("returned", call())
            pickle.dumps(answer)
        except BaseException:  # SystemExit and MemoryError, too
            answer = ("raised", traceback.format_exc()[-4000:])
        signal.setitimer(signal.ITIMER_PROF, 0)
        content = pickle.dumps((*answer, time.process_time() - before))
        _send(writer, SIZE.pack(len(content)) + content)
    os._exit(0)


def _send(writer: int, content: bytes) -> None:
    while content:
        content = content[os.write(writer, content) :]


def _receive(file: BinaryIO, patience: float) -> bytes | None:
    """The child's next answer; None where it ends, or is silent for so long."""
    deadline, content, wanted = time.monotonic() + patience, b"", SIZE.size
    while len(content) < wanted:
        if not select.select([file], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return None
        part = file.read(min(65536, wanted - len(content)))
        if not part:
            return None
        content += part
        if len(content) == SIZE.size == wanted:
            wanted += SIZE.unpack(content)[0]
    return content[SIZE.size :]


def _dead(child: int, seconds: float) -> Result:
    """Why a child does not answer any more; it is killed where it still runs."""
    for _ in range(50):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        time.sleep(0.01)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        return Result("slow", f"{seconds * PATIENCE:g} s on the wall clock", seconds * PATIENCE)
    if not os.WIFSIGNALED(status):
        return Result("killed", f"exit {os.WEXITSTATUS(status)} without a word", 0.0)
    if os.WTERMSIG(status) == signal.SIGPROF:
        return Result("slow", f"{seconds:g} s of CPU", seconds)
    return Result("killed", signal.Signals(os.WTERMSIG(status)).name, 0.0)


def _mapped() -> int:
    """Bytes of address space that this process has; torch alone takes some GiB of it."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 4 * GIB
