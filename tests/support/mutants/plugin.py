"""pytest plugins: one notes which functions each test calls, the other runs the tests of each mutant in a fork."""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.support.mutants.mutant import ROOT, Kill, Mutant

Key = str
"""A function by its file and qualified name."""
ROOM = str(ROOT / "archspec") + os.sep
GIB = 2**30
MEMORY = 4 * GIB


def key_of(file: str, function: str) -> Key:
    return f"{file}:{function}"


class Map:
    """Notes the functions of the package that each test calls, and how long the test takes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tests: dict[str, float] = {}
        self.functions: dict[Key, dict[str, None]] = {}  # sets in the order of the run

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        codes: set[CodeType] = set()

        def note(frame: FrameType, event: str, arg: Any) -> None:
            codes.add(frame.f_code)

        start = time.process_time()
        sys.settrace(note)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            self.tests[item.nodeid] = time.process_time() - start
            for code in codes:
                if code.co_filename.startswith(ROOM):
                    key = key_of(str(Path(code.co_filename).relative_to(ROOT)), code.co_qualname)
                    self.functions.setdefault(key, {})[item.nodeid] = None

    def pytest_sessionfinish(self) -> None:
        """Write the table, with what earlier runs noted of other tests."""
        table = read(self.path)
        calls = {key: {test: None for test in tests if test not in self.tests} for key, tests in table.calls.items()}
        for key, tests in self.functions.items():
            calls.setdefault(key, {}).update(tests)
        seconds = table.seconds | self.tests
        places = {test: place for place, test in enumerate(seconds)}
        functions = {key: [places[test] for test in tests] for key, tests in sorted(calls.items())}
        data = {"tests": [[test, round(time, 3)] for test, time in seconds.items()], "functions": functions}
        self.path.write_text(json.dumps(data), encoding="utf-8")


@dataclass(frozen=True)
class Table:
    """How long each test takes, and which tests call each function."""

    seconds: dict[str, float]
    calls: dict[Key, list[str]]


def read(path: Path) -> Table:
    """The table of a file; an empty one where there is none."""
    if not path.is_file():
        return Table({}, {})
    data = json.loads(path.read_text(encoding="utf-8"))
    names = [test for test, _ in data["tests"]]
    calls = {key: [names[place] for place in places] for key, places in data["functions"].items()}
    return Table(dict(data["tests"]), calls)


class Trial:
    """In place of the tests: for each mutant, those that call its function, in a fork of this process.

    The quick ones come first, up to `budget` seconds of their sum. `verdicts` are `killed by TEST`, `survived`, `not
    called by any test`.
    """

    def __init__(self, mutants: Sequence[Mutant | Kill], table: Path, budget: float) -> None:
        self.mutants, self.budget = mutants, budget
        self.table = read(table)
        self.verdicts: dict[str, str] = {}

    def tests_of(self, mutant: Mutant | Kill) -> list[str]:
        """The tests to run, the quick ones first."""
        tests = self.table.calls.get(key_of(mutant.file, mutant.function), [])
        chosen, total = [], 0.0
        for test in sorted(tests, key=self.table.seconds.__getitem__):
            if (total := total + self.table.seconds[test]) > self.budget:
                break
            chosen.append(test)
        return chosen

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        for number, mutant in enumerate(self.mutants, 1):
            tests = [items[test] for test in self.tests_of(mutant) if test in items]
            verdict = forked(mutant, tests, 10 * self.budget) if tests else "not called by any test"
            self.verdicts[mutant.name] = verdict
            print(f"{number}/{len(self.mutants)} {mutant.name} – {verdict}", file=sys.__stderr__, flush=True)
        return True


def forked(mutant: Mutant | Kill, items: Sequence[pytest.Item], limit: float) -> str:
    """What becomes of a mutant in a process of its own, which has bounded time and memory."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _attempt(mutant, items, writing, limit)
    os.close(writing)
    with open(reading, "rb") as stream:
        name = stream.read().decode()
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) == 0:
        return name
    return f"killed by {name or 'its end'}" if name != "survived" else "killed by the end of its process"


def _attempt(mutant: Mutant | Kill, items: Sequence[pytest.Item], writing: int, limit: float) -> None:
    """The child: apply the mutant, run tests until one fails; it never returns."""
    os.setsid()
    with open(os.devnull, "wb") as null:
        os.dup2(null.fileno(), 1)
        os.dup2(null.fileno(), 2)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY + _used(), MEMORY + _used()))
    resource.setrlimit(resource.RLIMIT_CPU, (int(limit) + 5, int(limit) + 10))
    signal.alarm(3 * int(limit) + 60)
    random.seed(0)
    try:
        mutant.apply()
    except BaseException:
        os.write(writing, b"its application")
        os._exit(1)
    for place, item in enumerate(items):
        following = items[place + 1] if place + 1 < len(items) else None
        try:
            reports = runtestprotocol(item, log=False, nextitem=following)
        except BaseException:
            reports = []
        if not reports or any(report.failed for report in reports):
            os.write(writing, item.nodeid.encode())
            os._exit(1)
    os.write(writing, b"survived")
    os._exit(0)


def _used() -> int:
    """The address space of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
