"""What a connector's health tells of the chain, its threads, and on a box its TPM."""

from __future__ import annotations

import time
from collections import Counter

from services.blockchain_connector.loop import Loop
from services.blockchain_connector.performer.service import Performer
from services.blockchain_connector.watcher.feed import Feed
from services.shared.chain.client import ChainClient
from services.shared.chain.errors import ChainUnavailable, SignerUnavailable, SigningRefused
from services.shared.chain.signer import TpmApiSigner
from services.shared.web import CheckFailed, HealthCheck


def chain_check(chain: ChainClient) -> HealthCheck:
    """A node that is not well is told; the chain is away when none is left."""

    def check() -> str:
        conditions = Counter(state.condition for state in chain.nodes())
        try:
            head = chain.info().head_block_num
        except ChainUnavailable as error:
            raise CheckFailed("no node of the chain answers") from error
        unwell = [f"{count} {name}" for name, count in sorted(conditions.items()) if name not in ("ok", "unknown")]
        return f"head block {head}" + (f"; nodes: {', '.join(unwell)}" if unwell else "")

    return check


def kept_while_watching(check: HealthCheck, watching: Loop, keep_s: float) -> HealthCheck:
    """A good answer stands for a while, unless the watcher does not reach the chain: each probe would be traffic."""
    good: tuple[float, str] | None = None

    def kept() -> str:
        nonlocal good
        known = good
        if known is None or watching.last_error is not None or time.monotonic() - known[0] >= keep_s:
            good = None
            known = good = (time.monotonic(), check())
        return known[1]

    return kept


def tpm_check(signer: TpmApiSigner) -> HealthCheck:
    """The box's own neighbour, asked each time: no traffic on its link."""

    def check() -> str:
        try:
            return signer.health()
        except (SignerUnavailable, SigningRefused) as error:
            raise CheckFailed(str(error)) from error

    return check


def letters_line(performer: Performer, feed: Feed) -> str:
    waiting, dead = performer.counts()
    return f"{dead} orders, {feed.count_dead_letters()} events; {waiting} orders under way"


def loop_check(loop: Loop) -> HealthCheck:
    def check() -> str:
        if not loop.is_alive:
            raise CheckFailed(f"the thread {loop.name} does not run")
        if loop.last_error is not None:
            raise CheckFailed(loop.last_error)
        return "running"

    return check
