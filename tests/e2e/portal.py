"""The portal as a person uses it: by what stands on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Page


@dataclass(frozen=True)
class Portal:
    """`users`: what demo-users.json says."""

    url: str
    users: Mapping[str, Mapping[str, Any]]

    def open(self, page: Page) -> None:
        page.goto(self.url)

    def sign_in(self, page: Page, role: str, password: str | None = None) -> None:
        """On the German sign-in page; with another password when one is given."""
        user = self.users[role]
        page.get_by_label("Benutzername oder E-Mail").fill(str(user["username"]))
        page.get_by_role("textbox", name="Passwort").fill(str(user["password"]) if password is None else password)
        page.get_by_role("button", name="Anmelden", exact=True).click()
