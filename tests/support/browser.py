"""Debian's Chromium, without a window and without a word to the network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def page(profile: Path, *, dark: bool = False) -> Iterator[Page]:
    """A page in a fresh profile; what it says on its console is an error of the test."""
    found = shutil.which("chromium")
    assert found, "this test drives Chromium, which is not installed: apt-get update && apt-get install -y chromium"
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=found,
            headless=True,
            args=FLAGS,
            viewport={"width": 1400, "height": 900},
            color_scheme="dark" if dark else "light",
        )
        faults: list[str] = []
        opened = context.pages[0] if context.pages else context.new_page()
        opened.on("console", lambda message: faults.append(message.text))
        opened.on("pageerror", lambda error: faults.append(str(error)))
        opened.set_default_timeout(20_000)
        yield opened
        context.close()
        assert not faults
