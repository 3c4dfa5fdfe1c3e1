"""axe on the portal's pages and dialogs: nothing serious, light and dark."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from deploy.local.settings import REPO
from tests.e2e.portal import Portal

AXE = REPO / "webportal/node_modules/axe-core/axe.min.js"
PAGES = {
    "admin": (
        *("/developer", "/developer/boxes", "/developer/units"),
        *("/developer/participants", "/developer/data", "/developer/chain"),
        *("/developer/audit", "/developer/accesses"),
    ),
    "seller": (
        *("/market/offers", "/market/bids", "/market/balances", "/market/plants", "/market/account"),
        *("/market/deals", "/market/passive", "/market/settlements", "/security-keys"),
    ),
    "evu": (
        *("/balancing-group", "/market/deals", "/market/passive", "/market/secondary", "/market/power2x"),
        *("/market/settlements", "/operation/rules", "/operation/stuck"),
    ),
}
DIALOGS = {
    "admin": (
        "CLS-Box hinzufügen",
        "Einheit hinzufügen",
        "Meter hinzufügen",
        "Registrierung eines Eos Accounts",
        "Registrierung einer Einheit auf dem lokalen Energiemarkt",
        "Ereignis von Hand auslösen",
    ),
    "seller": ("Angebot einstellen", "Gebot erstellen"),
}


def findings(page: Page) -> list[str]:
    """What axe calls serious or critical."""
    expect(page.get_by_role("progressbar")).to_have_count(0)
    page.evaluate(AXE.read_text())  # by the debugger, which the page's policy does not bind
    told: dict[str, Any] = page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{page.url} {found['id']}: {node['html'][:160]}"
        for found in told["violations"]
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("role", PAGES)
def test_no_page_has_a_serious_finding(page: Page, portal: Portal, role: str, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    portal.open(page, "/sign-in")
    found = findings(page)
    portal.enter(page, role)
    for path in PAGES[role]:
        portal.open(page, path)
        expect(page.locator("h1")).to_be_visible()
        found += findings(page)
    for name in DIALOGS.get(role, ()):
        portal.open(page)
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        page.evaluate("() => Promise.all(document.getAnimations().map(each => each.finished.catch(() => null)))")
        found += findings(page)
    assert found == []
