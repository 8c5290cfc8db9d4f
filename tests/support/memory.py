"""The memory of this process: how much it holds, how much it ever held, and how to give free pages back."""

from __future__ import annotations

import ctypes
import gc
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")
MIB = 2**20


def peak() -> int | None:
    """The most bytes that were resident at once; None where the platform does not say."""
    if STATUS.is_file():
        return _status("VmHWM")
    if sys.platform == "win32":
        return None
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def held() -> int:
    """The bytes that are resident now; 0 where the platform does not say."""
    return _status("VmRSS") if STATUS.is_file() else 0


def give_back() -> None:
    """Free what only circles of references keep, and let glibc return free pages to the system.

    Left alone, glibc serves tensors below 32 MiB from its heap, whose free pages it keeps: a process that has held a
    large model stays as large.
    """
    gc.collect()
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)


def _status(key: str) -> int:
    lines = STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:"))
