"""A local system with its portal, and a browser in front of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.portal import Portal
from tests.local_system import RunningSystem

# no-sandbox: tests may run as root, where Chromium's sandbox cannot; the rest keeps it from calling anybody else
_FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@pytest.fixture(scope="session")
def running_system() -> Iterator[RunningSystem]:
    """Up, filled, with its portal; down at the end. (The folder's path is short: a socket lies in it.)"""
    with tempfile.TemporaryDirectory(prefix="tbi-") as folder:
        system = RunningSystem.start(Path(folder) / "data", with_portal=True)
        try:
            yield system
        finally:
            system.stop()


@pytest.fixture(scope="session")
def portal(running_system: RunningSystem) -> Portal:
    """Where the portal is, and who may sign in."""
    return Portal(running_system.endpoints["portal"], running_system.users)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    program = shutil.which("chromium")
    assert program is not None, "Chromium is not installed: ./tbi test installs it"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser of somebody who was never here before. Whatever its console complains of fails the test."""
    context = browser.new_context(locale="de-DE")
    page = context.new_page()
    page.set_default_timeout(30_000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", _keep_refusals(complaints))
    yield page
    context.close()
    assert complaints == []


def _keep_refusals(complaints: list[str]) -> Callable[..., None]:
    """What the page's policy refused. A call's bad status is told on the console, too, and may be meant so."""

    def listen(message: object) -> None:
        text = str(getattr(message, "text", ""))
        if "Content Security Policy" in text:
            complaints.append(text)

    return listen
