"""One thread and a bounded memory for each process: the suite runs on several, on machines that have other work."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

from tests.support.memory import MIB, give_back, held, peak

pytest.register_assert_rewrite("tests.support.agreement", "tests.support.laws")

os.environ.setdefault("OMP_NUM_THREADS", "1")  # small tensors gain nothing from more

LIMIT = 1536 * MIB
"""The most that one process of the suite may hold; a run with a larger one fails."""
GROWTH = 96 * MIB
"""A test that leaves the process larger by this much is followed by a clean-up, which takes about 0.2 s."""

PEAKS = pytest.StashKey[dict[str, int]]()
HIGHEST = pytest.StashKey[tuple[int, str]]()
"""The peak so far, and the test that reached it."""
LEVEL = pytest.StashKey[int]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[PEAKS], config.stash[LEVEL], config.stash[HIGHEST] = {}, held(), (0, "")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """No test starts in the memory that another one left behind."""
    outcome = yield
    stash = item.config.stash
    if (reading := peak() or 0) > stash[HIGHEST][0]:
        stash[HIGHEST] = reading, item.nodeid
    if held() > stash[LEVEL] + GROWTH:
        give_back()
        stash[LEVEL] = held()
    return outcome


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """xdist: a worker has ended, and says how much it held."""
    output = getattr(node, "workeroutput", {})
    if reading := output.get("peak"):
        node.config.stash[PEAKS][f"{node.gateway.id} ({output['highest']})"] = reading


def pytest_sessionfinish(session: pytest.Session) -> None:
    config, reading = session.config, peak()
    if hasattr(config, "workeroutput"):
        config.workeroutput |= {"peak": reading, "highest": config.stash[HIGHEST][1]}
        return
    if reading is not None:
        config.stash[PEAKS][f"main ({config.stash[HIGHEST][1]})"] = reading
    if session.exitstatus == pytest.ExitCode.OK and any(value > LIMIT for value in config.stash[PEAKS].values()):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    peaks = config.stash[PEAKS]
    figures = ", ".join(f"{name} {value / MIB:,.0f} MiB" for name, value in sorted(peaks.items()))
    too_large = any(value > LIMIT for value in peaks.values())
    verdict = f"; more than {LIMIT / MIB:,.0f} MiB: the run fails" if too_large else ""
    terminalreporter.write_line(f"peak memory: {figures or 'unknown'}{verdict}", red=too_large)
