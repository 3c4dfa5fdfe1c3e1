"""A local system with its portal, and a browser in front of it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from deploy.local.browser import launch
from deploy.local.plan import make
from deploy.local.settings import read
from tests.e2e.newcomer import Newcomer
from tests.e2e.portal import Portal
from tests.local_system import RunningSystem

_PATIENCE_MS = 20_000
"""Only what fails waits so long; on a machine with more work than cores, signing in takes some seconds."""


@pytest.fixture(scope="session")
def running_system() -> Iterator[RunningSystem]:
    """Up, filled, with its portal; down at the end. (The folder's path is short: a socket lies in it.)

    With TBI_E2E_DATA (and TBI_PORT_OFFSET), the data folder of a system that runs already, that one, and it stays up.
    """
    if running := os.environ.get("TBI_E2E_DATA"):
        yield RunningSystem(make(read({**os.environ, "TBI_DATA": running})))
        return
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
def newcomer(running_system: RunningSystem) -> Newcomer:
    """What nobody has added yet."""
    return Newcomer(running_system)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        started = launch(playwright)
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
