"""P12: what the portal transfers and how soon it is there, in a browser on the running local system.

    ./tbi up && python -m benchmarks.portal [--data .tbi] [--visits 5]

A first visit (empty cache) is the sign-in page: what it transfers counts compressed, as the browser's own protocol
tells it (with all HTTP headers, too, for comparison), and the largest contentful paint. Then every page of each role is
opened, as a person does who is signed in; its requests to the services count from sending to the last byte. A stream of
events has no end and is not one of them. What a page loads of its own is printed, too: pages are loaded when they are
opened. The times hold for a machine that does nothing else: see the load that is printed first.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from deploy.local.browser import launch
from deploy.local.screenshots import SHOTS

MOST_KB = 300
LATEST_S = 1.5
LONGEST_S = 0.2
_API = "/api/v1/"
_STREAM = "text/event-stream"
_LCP = """() => new Promise(done => {
  new PerformanceObserver(list => done(list.getEntries().at(-1).startTime)).observe(
    { type: 'largest-contentful-paint', buffered: true });
})"""


@dataclass
class Network:
    """What a page transferred, told by the browser. Bytes with headers, times in seconds."""

    sent: dict[str, tuple[str, float]] = field(default_factory=dict)
    streams: set[str] = field(default_factory=set)
    bytes: int = 0
    bodies: int = 0
    requests: int = 0
    calls: list[tuple[float, str]] = field(default_factory=list)

    def watch(self, session: CDPSession) -> None:
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._sent)
        session.on("Network.responseReceived", self._answered)
        session.on("Network.dataReceived", self._received)
        session.on("Network.loadingFinished", self._finished)

    def _sent(self, event: Mapping[str, Any]) -> None:
        self.sent[event["requestId"]] = (event["request"]["url"], event["timestamp"])

    def _answered(self, event: Mapping[str, Any]) -> None:
        if event["response"]["mimeType"] == _STREAM:
            self.streams.add(event["requestId"])

    def _received(self, event: Mapping[str, Any]) -> None:
        self.bodies += int(event["encodedDataLength"])

    def _finished(self, event: Mapping[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])
        self.requests += 1
        url, at = self.sent.get(event["requestId"], ("", event["timestamp"]))
        if _API in url and event["requestId"] not in self.streams:
            self.calls.append((event["timestamp"] - at, url.split("?")[0]))


def first_visit(browser: Browser, portal: str) -> tuple[Network, float]:
    """The sign-in page for somebody who was never here: what it took, and the largest contentful paint in s."""
    context = browser.new_context(locale="de-DE")
    page, network = context.new_page(), Network()
    network.watch(context.new_cdp_session(page))
    page.goto(f"{portal}/sign-in", wait_until="networkidle")
    paint = float(page.evaluate(_LCP)) / 1000
    context.close()
    return network, paint


def visits(browser: Browser, portal: str, role: str, user: Mapping[str, Any]) -> dict[str, Network]:
    """Each page of a role once, after signing in."""
    context = browser.new_context(locale="de-DE")
    page = context.new_page()
    page.set_default_timeout(60_000)
    _sign_in(page, portal, user)
    found: dict[str, Network] = {}
    for path in dict.fromkeys(shot.path for shot in SHOTS if shot.role == role):
        session, network = context.new_cdp_session(page), Network()
        network.watch(session)
        page.goto(f"{portal}{path}")
        page.locator("h1").first.wait_for()
        page.wait_for_function("() => document.querySelector('mat-progress-bar') === null")
        page.evaluate("() => new Promise(done => requestIdleCallback(done))")
        session.detach()
        found[path] = network
    context.close()
    return found


def _sign_in(page: Page, portal: str, user: Mapping[str, Any]) -> None:
    page.goto(f"{portal}/sign-in")
    page.get_by_label("Benutzername oder E-Mail").fill(str(user["username"]))
    page.get_by_role("textbox", name="Passwort").fill(str(user["password"]))
    page.get_by_role("button", name="Anmelden", exact=True).click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def main() -> int:
    """Print the figures; 1 when one of them is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(".tbi"))
    parser.add_argument("--visits", type=int, default=5, help="first visits, for the median of the paint")
    options = parser.parse_args()
    portal = str(json.loads((options.data / "endpoints.json").read_text())["portal"]).rstrip("/")
    users = json.loads((options.data / "demo-users.json").read_text())
    print(f"{platform.platform()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    with sync_playwright() as playwright:
        browser = launch(playwright)
        print(f"Chromium {browser.version}")
        firsts = [first_visit(browser, portal) for _ in range(options.visits)]
        kilobytes = max(network.bodies for network, _ in firsts) / 1000
        whole = max(network.bytes for network, _ in firsts) / 1000
        paints = sorted(paint for _, paint in firsts)
        print(f"first visit: {kilobytes:.1f} kB in {firsts[0][0].requests} requests; {whole:.1f} kB with headers")
        print(
            f"largest contentful paint: median {statistics.median(paints):.2f} s, {paints[0]:.2f} to {paints[-1]:.2f} s"
        )
        calls: list[tuple[float, str]] = []
        for role in ("admin", "evu", "seller"):
            for path, network in visits(browser, portal, role, users[role]).items():
                slowest = max(network.calls, default=(0.0, "-"))
                print(f"{role} {path}: {network.bytes / 1000:.0f} kB, {len(network.calls)} calls, {slowest[0]:.3f} s")
                calls += network.calls
        browser.close()
    slow = [call for call in calls if call[0] > LONGEST_S]
    longest = max(calls)
    print(f"{len(calls)} calls, {len(slow)} above {LONGEST_S} s, the longest {longest[0]:.3f} s: {longest[1]}")
    holds = kilobytes <= MOST_KB and statistics.median(paints) <= LATEST_S and not slow
    print("P12 holds" if holds else "P12 is missed")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
