"""axe-core in the page that is open: what a person with a screen reader, a keyboard or weak eyes would stumble over."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from deploy.local.settings import REPO

_AXE = (REPO / "webportal/node_modules/axe-core/axe.min.js").read_text()
_LOOK = """() => axe.run(document, {
  resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })"""


def findings(page: Page) -> list[str]:
    """What axe calls serious or critical in what stands there now, animations done."""
    expect(page.get_by_role("progressbar")).to_have_count(0)
    page.evaluate("() => Promise.all(document.getAnimations().map(each => each.finished.catch(() => null)))")
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_AXE)  # by the debugger, which the page's policy does not bind
    told: dict[str, Any] = page.evaluate(_LOOK)
    return [
        f"{page.url} {found['id']}: {node['html'][:160]}"
        for found in told["violations"]
        if found["impact"] in ("serious", "critical")
        for node in found["nodes"]
    ]


def expect_nothing_serious(page: Page) -> None:
    """In a state that a test has brought about, in both colours."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found += findings(page)
    page.emulate_media(color_scheme="null")
    assert found == []
