"""The portal as a person uses it: by what stands on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect


@dataclass(frozen=True)
class Portal:
    """`users`: what demo-users.json says."""

    url: str
    users: Mapping[str, Mapping[str, Any]]

    def open(self, page: Page, path: str = "") -> None:
        page.goto(f"{self.url.rstrip('/')}{path}")

    def sign_in(self, page: Page, role: str, password: str | None = None) -> None:
        """On the German sign-in page; with another password when one is given."""
        user = self.users[role]
        page.get_by_label("Benutzername oder E-Mail").fill(str(user["username"]))
        page.get_by_role("textbox", name="Passwort").fill(str(user["password"]) if password is None else password)
        page.get_by_role("button", name="Anmelden", exact=True).click()

    def enter(self, page: Page, role: str, path: str = "") -> None:
        """Signed in, and there."""
        self.open(page, path)
        self.sign_in(page, role)
        expect(page.get_by_role("button", name=f"Benutzer: {self.users[role]['username']}")).to_be_visible()


def dialog(page: Page, name: str) -> Locator:
    """The dialog with this title, which is open."""
    found = page.get_by_role("dialog", name=name)
    expect(found).to_be_visible()
    # it takes the focus when it has opened: what is typed before would go to its first field
    page.wait_for_function("dialog => dialog.contains(document.activeElement)", arg=found.element_handle())
    return found


def step(inside: Locator, name: str) -> Locator:
    """The step with this name, which is the one that is open."""
    expect(inside.get_by_role("button", name=name, expanded=True)).to_be_visible()
    return inside.get_by_role("region", name=name)


def button(inside: Page | Locator, name: str) -> Locator:
    return inside.get_by_role("button", name=name, exact=True)
