"""Debian's Chromium, without a window."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

# no-sandbox: it may run as root, where Chromium's sandbox cannot; the rest keeps it from calling anybody else
_FLAGS: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


class BrowserError(Exception):
    """There is no browser."""


def launch(playwright: Playwright) -> Browser:
    """Raises BrowserError."""
    program = shutil.which("chromium")
    if program is None:
        raise BrowserError("Chromium is not installed: ./tbi test installs it")
    return playwright.chromium.launch(executable_path=program, args=list(_FLAGS))
