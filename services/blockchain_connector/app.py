"""Wiring: which parts a connector has on a box and on the cloud side."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from services.blockchain_connector import letters as letters_api
from services.blockchain_connector.auth import api as auth_api
from services.blockchain_connector.checks import chain_check, kept_while_watching, letters_line, loop_check, tpm_check
from services.blockchain_connector.config import CLS_BOX_LOGIC_PATH, TPM_API_PATH, Config, OwnAccount, with_path
from services.blockchain_connector.domain import (
    ACCOUNTS_LEVEL,
    EVU,
    OPERATOR,
    OPERATOR_PERMISSIONS,
    PROPOSE_LEVEL,
    Level,
)
from services.blockchain_connector.letters import DeadLetters, box_letters, cloud_letters, order_letters
from services.blockchain_connector.loop import Loop
from services.blockchain_connector.metrics import count
from services.blockchain_connector.performer import api as performer_api
from services.blockchain_connector.performer import proposals_api
from services.blockchain_connector.performer.authority import Authorities, BoxAuthority, OperatorAuthority
from services.blockchain_connector.performer.outbox import Outbox
from services.blockchain_connector.performer.service import Performer
from services.blockchain_connector.problems import PROBLEMS
from services.blockchain_connector.reader import api as reader_api
from services.blockchain_connector.reader import history_api
from services.blockchain_connector.reader.history import History
from services.blockchain_connector.reader.service import Reader
from services.blockchain_connector.watcher import api as watcher_api
from services.blockchain_connector.watcher.box import BoxWatcher
from services.blockchain_connector.watcher.box_logic import HttpBoxLogic
from services.blockchain_connector.watcher.cloud import BlockFollower
from services.blockchain_connector.watcher.feed import Feed
from services.blockchain_connector.watcher.head import HeadFeed, HeadFollower
from services.blockchain_connector.watcher.mentions import mentions
from services.blockchain_connector.watcher.overdue import OverdueEvents
from services.shared.chain.client import ChainClient
from services.shared.chain.errors import KeyFormatError, SignerUnavailable
from services.shared.chain.link import Link
from services.shared.chain.signer import Signer, TpmApiSigner
from services.shared.web import (
    BoxSecretGuard,
    ConfigurationError,
    Guard,
    HealthCheck,
    Service,
    create_service,
    read_box_secret,
)
from services.shared.web.tokens import KeySet, Pool, TokenGuard, TokenVerifier, caller, read_pool

if TYPE_CHECKING:
    from services.blockchain_connector.cloud import CloudCases

NAME = "blockchain-connector"
_DESCRIPTION = "Writes to the chain, reads from it, and tells what happens on it."
_OUTBOX_PAUSE_S = 0.5
_FOLLOW_PAUSE_S = 0.25


@dataclass(frozen=True)
class Connector:
    """The service with its background threads, which `start` begins."""

    service: Service
    loops: Sequence[Loop]
    close: Callable[[], None]

    def start(self) -> None:
        for loop in self.loops:
            loop.start()

    def stop(self) -> None:
        for loop in self.loops:
            loop.stop()
        self.close()


def create_app(
    config: Config, *, chain: ChainClient | None = None, clock: Callable[[], float] = time.time
) -> Connector:
    """Raises ConfigurationError. Neighbours need not be there yet."""
    client = chain or ChainClient(
        config.chain_urls,
        expiry_s=config.expiry_s,
        chain_id=config.chain_id,
        check_s=config.node_check_s,
        link=None if config.link_dir is None else Link(config.link_dir),
    )
    with ExitStack() as on_failure:
        secret = "" if config.box_secret_file is None else read_box_secret(config.box_secret_file)
        tpm = _tpm(config, secret)
        authorities = _authorities(config, tpm)
        guard = _guard(config, secret)
        outbox = Outbox(config.state_dir / "outbox.sqlite")
        on_failure.callback(outbox.close)
        feed = Feed(
            config.state_dir / "feed.sqlite",
            keep=config.feed_events,
            handing=config.is_box,
            index=None if config.is_box else mentions,
        )
        on_failure.callback(feed.close)
        performer = Performer(outbox, client, authorities, timeout_s=config.confirm_timeout_s, clock=clock)
        cloud = _cloud(config, client, performer)
        if cloud is not None:
            on_failure.callback(cloud.login.close)
        head = None if config.is_box else HeadFeed(config.state_dir / "head.sqlite", keep=config.feed_events)
        if head is not None:
            on_failure.callback(head.close)
        close = on_failure.pop_all().close
    watching, look = _watch(config, client, feed, secret, clock)
    loops = [Loop("outbox", performer.work, lambda: _OUTBOX_PAUSE_S), watching]
    if head is not None:
        loops.append(Loop("head", HeadFollower(client, head).round, lambda: _FOLLOW_PAUSE_S))
    checks = {
        "chain": chain_check(client),
        **{loop.name: loop_check(loop) for loop in loops},
        "dead-letters": lambda: letters_line(performer, feed),
    }
    if tpm is not None:
        checks["chain"] = kept_while_watching(checks["chain"], watching, config.node_check_s)
        checks["tpm"] = tpm_check(tpm)
    events = box_letters(feed) if cloud is None else cloud_letters(OverdueEvents(client, performer), cloud.knock)
    letters = _Letters(order_letters(performer), events)
    service = _service(guard, checks, _UseCases(performer, Reader(client), feed, head, letters, cloud, look))
    count(service.metrics.registry, performer, feed)
    return Connector(service, loops, close)


def describe() -> Service:
    """The cloud side's routes, wired to nothing: for the document. A box has some of them."""
    from services.blockchain_connector.cloud import CloudCases  # noqa: PLC0415 - see _cloud

    nothing = cast(Any, None)
    guard = TokenGuard(TokenVerifier(Pool("", "", frozenset()), KeySet(dict)))
    cloud = CloudCases(nothing, nothing, nothing, nothing, nothing)
    letters = _Letters(nothing, nothing)
    return _service(guard, {}, _UseCases(nothing, nothing, nothing, nothing, letters, cloud, nothing))


@dataclass(frozen=True)
class _Letters:
    orders: DeadLetters
    events: DeadLetters


@dataclass(frozen=True)
class _UseCases:
    performer: Performer
    reader: Reader
    feed: Feed
    head: HeadFeed | None
    letters: _Letters
    cloud: CloudCases | None
    look: Callable[[], None]
    """Has the watcher look at the chain now."""


def _service(guard: Guard, checks: dict[str, HealthCheck], cases: _UseCases) -> Service:
    service = create_service(
        NAME,
        base_path="/blockchain-connector",
        description=_DESCRIPTION,
        guard=guard,
        health_checks=checks,
        problems=PROBLEMS,
    )
    reader_api.add_routes(service.v1, cases.reader)
    if cases.cloud is not None:
        history_api.add_routes(service.v1, History(cases.feed))
    watcher_api.add_routes(service.v1, cases.feed, cases.head, cases.look)
    letters_api.add_routes(service.v1, cases.letters.orders, cases.letters.events)
    if cases.cloud is None:
        performer_api.add_routes(service.v1, cases.performer, lambda: None)
        return service

    def calling() -> str | None:
        return caller().service

    performer_api.add_routes(service.v1, cases.performer, calling)
    performer_api.add_operator_routes(service.v1, cases.performer, cases.cloud, calling)
    proposals_api.add_routes(service.v1, cases.cloud.proposals, calling)
    auth_api.add_routes(service.v1, cases.cloud.login)
    return service


def _guard(config: Config, secret: str) -> Guard:
    if config.identity_file is None:
        return BoxSecretGuard(secret)
    return TokenGuard(TokenVerifier(read_pool(config.identity_file)))


def _cloud(config: Config, client: ChainClient, performer: Performer) -> CloudCases | None:
    if config.identity_file is None:
        return None
    from services.blockchain_connector.cloud import cloud_cases  # noqa: PLC0415 - a box does not pay for it

    return cloud_cases(NAME, config, config.identity_file, client, performer)


def _watch(
    config: Config, chain: ChainClient, feed: Feed, secret: str, clock: Callable[[], float]
) -> tuple[Loop, Callable[[], None]]:
    """The watcher, and what makes it look at once."""
    if config.box_config is None or config.cls_box_logic_url is None:
        follower = BlockFollower(chain, feed, from_block=config.watch_from_block)
        following = Loop("watcher", follower.round, lambda: _FOLLOW_PAUSE_S)
        return following, following.wake
    box_logic = HttpBoxLogic(with_path(config.cls_box_logic_url, CLS_BOX_LOGIC_PATH), secret)
    account = OwnAccount(config.box_config)
    watcher = BoxWatcher(chain, feed, box_logic, account, idle_s=config.watch_interval_s)

    def follow() -> None:
        """A box that is not registered yet has nothing to follow; that is no failure."""
        if account.is_known():
            watcher.round()

    loop = Loop("watcher", follow, lambda: watcher.pause_s(clock()))

    def look() -> None:
        watcher.knock()
        loop.wake()

    return loop, look


def _tpm(config: Config, secret: str) -> TpmApiSigner | None:
    """A box's; the cloud side has key files."""
    if config.tpm_api_url is None:
        return None
    return TpmApiSigner(with_path(config.tpm_api_url, TPM_API_PATH), config.key_label, secret)


def _authorities(config: Config, tpm: TpmApiSigner | None) -> Authorities:
    if config.box_config is None or tpm is None:
        return OperatorAuthority({} if config.keys_dir is None else operator_signers(config.keys_dir))
    return BoxAuthority(OwnAccount(config.box_config), tpm)


def operator_signers(folder: Path) -> dict[Level, Signer]:
    """Of the permissions whose key files are there (`tbiadmin.<permission>.key`, `eosio.accounts.key`, `tbievu.key`).

    Raises ConfigurationError when there is none.
    """
    from services.shared.chain.key_file import KeyFileSigner  # noqa: PLC0415 - a box has no such keys, nor the library

    permissions = sorted(set(OPERATOR_PERMISSIONS.values()))
    files: dict[Level, Path] = {(OPERATOR, name): folder / f"{OPERATOR}.{name}.key" for name in permissions}
    files[PROPOSE_LEVEL] = folder / f"{'.'.join(PROPOSE_LEVEL)}.key"
    files[ACCOUNTS_LEVEL] = folder / f"{'.'.join(ACCOUNTS_LEVEL)}.key"
    files[EVU, "active"] = folder / f"{EVU}.key"
    try:
        signers: dict[Level, Signer] = {level: KeyFileSigner(file) for level, file in files.items() if file.exists()}
    except (SignerUnavailable, KeyFormatError) as error:
        raise ConfigurationError(f"TBI_KEYS_DIR: {error}") from error
    if not signers:
        raise ConfigurationError(f"TBI_KEYS_DIR: {folder} holds none of {', '.join(f.name for f in files.values())}")
    return signers
