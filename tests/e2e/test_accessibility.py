"""axe on every page and dialog of the portal: nothing serious.

What the pictures show (deploy/local/screenshots.py) is what is looked at, so a new page needs nothing here. Each is
seen on a phone and on a desk, one of them dark; in German alone, unless TBI_E2E_AXE=all asks for both languages and all
four looks. States that only an action brings about are looked at where a test brings them about.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from playwright.sync_api import Page

from deploy.local import screenshots
from tests.e2e.axe import findings
from tests.e2e.portal import Portal

ALL = os.environ.get("TBI_E2E_AXE") == "all"
LANGUAGES = screenshots.LANGUAGES if ALL else ("de",)
PHONE, DESK = 390, 1280
LOOKS: tuple[tuple[int, Any], ...] = ((PHONE, "light"), (DESK, "dark"))
OTHER_LOOKS: tuple[tuple[int, Any], ...] = ((PHONE, "dark"), (DESK, "light"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", dict.fromkeys(shot.role for shot in screenshots.SHOTS))
def test_no_page_and_no_dialog_has_a_serious_finding(
    page: Page, portal: Portal, role: str | None, language: str
) -> None:
    url = portal.url.rstrip("/")
    if role is not None:
        screenshots.sign_in(page, url, portal.users[role])
    screenshots.speak(page, url, language)
    found = []
    for shot in screenshots.SHOTS:
        if shot.role == role:
            screenshots.show(page, url, shot, language)
            for width, scheme in (*LOOKS, *(OTHER_LOOKS if ALL else ())):
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=scheme)
                found += [f"{language} {width} {scheme} {shot.name} {one}" for one in findings(page)]
    assert found == []
