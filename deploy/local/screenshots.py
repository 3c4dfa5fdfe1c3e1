"""Pictures of every page of the portal on a running system: two languages, two widths.

Pages and dialogs are named by path and by keys of the portal's texts, so that a new language needs nothing here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from deploy.local.settings import REPO

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LANGUAGES: Final = ("de", "en")
WIDTHS: Final = (1280, 390)
_HEIGHT: Final = 900
_TIMEOUT_MS: Final = 60_000


@dataclass(frozen=True)
class Shot:
    """A page as somebody sees it, or nobody (None). `click`: the key of the text of a button that opens a dialog."""

    name: str
    role: str | None
    path: str
    click: str | None = None


_REMOVABLE: Final = ("boxes", "units", "meters")

SHOTS: Final = (
    Shot("sign-in", None, "/sign-in"),
    Shot("not-found", None, "/nowhere"),
    Shot("dashboard", "admin", "/developer"),
    *(Shot(f"list-{name}", "admin", f"/developer/{name}") for name in ("boxes", "units", "meters", "accounts")),
    *(
        Shot(f"dialog-{name}", "admin", "/developer", f"developer.dialogs.{name}")
        for name in ("box", "unit", "meter", "account", "marketUnit", "event")
    ),
    *(Shot(name, "admin", f"/developer/{name}") for name in ("participants", "data", "chain", "audit", "accesses")),
    Shot("dialog-participant", "admin", "/developer/participants", "participants.add"),
    Shot("offers", "seller", "/market/offers"),
    Shot("dialog-offer", "seller", "/market/offers", "offers.place"),
    Shot("dialog-bid", "bidder1", "/market/offers", "bids.place"),
    Shot("bids", "bidder1", "/market/bids"),
    Shot("balances", "seller", "/market/balances"),
    Shot("plants", "seller", "/market/plants"),
    Shot("security-keys", "seller", "/security-keys"),
    Shot("account", "bidder1", "/market/account"),
    Shot("deals", "seller", "/market/deals"),
    Shot("dialog-deal", "seller", "/market/deals", "deals.propose"),
    Shot("passive", "seller", "/market/passive"),
    Shot("settlements", "seller", "/market/settlements"),
    Shot("dialog-withdraw", "bidder1", "/market/account", "moneyDialog.withdraw.open"),
    Shot("evu-balancing-group", "evu", "/balancing-group"),
    Shot("evu-offers", "evu", "/market/offers"),
    Shot("evu-account", "evu", "/market/account"),
    *(Shot(f"evu-{name}", "evu", f"/market/{name}") for name in ("deals", "passive", "secondary", "power2x")),
    Shot("evu-settlements", "evu", "/market/settlements"),
    Shot("dialog-passive", "evu", "/market/passive", "passive.propose"),
    Shot("evu-rules", "evu", "/operation/rules"),
    Shot("dialog-prices", "evu", "/operation/rules", "pricesDialog.open"),
    Shot("dialog-parameters", "evu", "/operation/rules", "parametersDialog.open"),
    Shot("evu-stuck", "evu", "/operation/stuck"),
    *(Shot(f"dialog-remove-{name}", "admin", f"/developer/{name}", "lists.remove") for name in _REMOVABLE),
    Shot("dialog-participant-change", "admin", "/developer/participants", "participants.edit"),
    Shot("dialog-credit", "evu", "/market/account", "moneyDialog.credit.open"),
)


def take(
    browser: Browser, portal: str, users: Mapping[str, Mapping[str, Any]], folder: Path, say: Callable[[str], None]
) -> Iterator[Path]:
    """Write `folder`/<language>-<width>/<name>.png for every shot; gives each file as it is written."""
    for role in dict.fromkeys(shot.role for shot in SHOTS):
        context = browser.new_context(locale="de-DE")
        page = context.new_page()
        page.set_default_timeout(_TIMEOUT_MS)
        if role is not None:
            sign_in(page, portal, users[role])
        for language in LANGUAGES:
            speak(page, portal, language)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": _HEIGHT})
                for shot in SHOTS:
                    if shot.role == role:
                        file = folder / f"{language}-{width}" / f"{shot.name}.png"
                        _take(page, portal, shot, language, file)
                        yield file
        say(f"{role or 'nobody'}: done")
        context.close()


def sign_in(page: Page, portal: str, user: Mapping[str, Any]) -> None:
    """In German, which is what somebody new is spoken to here."""
    texts = _texts("de")["signIn"]
    page.goto(f"{portal}/sign-in")
    page.get_by_label(texts["username"]).fill(str(user["username"]))
    page.get_by_role("textbox", name=texts["password"]).fill(str(user["password"]))
    page.get_by_role("button", name=texts["submit"], exact=True).click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def speak(page: Page, portal: str, language: str) -> None:
    """From the next page on."""
    page.goto(f"{portal}/sign-in")
    page.evaluate("language => localStorage.setItem('tbi.language', language)", language)


def show(page: Page, portal: str, shot: Shot, language: str) -> None:
    """Open it, with nothing being read any more."""
    page.goto(f"{portal}{shot.path}")
    page.locator("h1").first.wait_for()
    _settle(page)
    if shot.click is not None:
        text: Any = _texts(language)
        for name in shot.click.split("."):
            text = text[name]
        page.get_by_role("button", name=str(text)).first.click()
        page.get_by_role("dialog").wait_for()
        _settle(page)


def _take(page: Page, portal: str, shot: Shot, language: str, file: Path) -> None:
    show(page, portal, shot, language)
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=str(file), full_page=shot.click is None, animations="disabled")


def _settle(page: Page) -> None:
    """Nothing is being read any more, diagrams are drawn, and the live view has had a moment to connect."""
    page.wait_for_function("() => document.querySelector('mat-progress-bar') === null")
    page.wait_for_function(
        "() => [...document.querySelectorAll('app-chart .place')].every(place => place.querySelector('canvas'))"
    )
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def _texts(language: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((REPO / "webportal/src/i18n" / f"{language}.json").read_text())
    return found
