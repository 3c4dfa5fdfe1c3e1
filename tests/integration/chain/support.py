"""A real chain for tests: a node in a folder of its own, booted as the product boots it, and people who trade on it."""

from __future__ import annotations

import itertools
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature

from deploy.chain import market as chain_market
from deploy.chain import nodeos
from deploy.chain.boot import boot
from deploy.chain.governance import Governance, Keyring
from deploy.chain.market import PARAMETERS, Market, Participant, Point, Registered
from services.shared.chain import keys
from services.shared.chain.client import ChainClient
from services.shared.chain.errors import ChainError
from services.shared.chain.model import Receipt
from services.shared.chain.transaction import Action
from services.shared.wait import wait_until

REPO = Path(__file__).resolve().parents[3]
_LETTERS = "abcdefghijklmnopqrstuvwxyz12345"


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def random_name(prefix: str = "") -> str:
    return prefix + "".join(secrets.choice(_LETTERS) for _ in range(12 - len(prefix)))


class SoftR1Signer:
    """A P-256 key in memory: what a box's TPM holds, for tests that need no TPM."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public_key = keys.r1_public_key(self._key.public_key())

    def sign_transaction(self, chain_id: str, packed_trx: bytes) -> str:
        digest = keys.transaction_digest(chain_id, packed_trx)
        r, s = decode_dss_signature(self._key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256()))))
        return keys.r1_signature(r, s, digest, self.public_key)


class ServedProcess:
    """A program of ours in a process of its own; its output goes to a file, so that a failure can be read."""

    def __init__(self, module: str, environment: dict[str, str], log: Path, *arguments: str) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self.environment = {**os.environ, **environment}
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self._command, env=self.environment, cwd=REPO, stdout=out, stderr=out, stdin=subprocess.DEVNULL
            )

    def kill(self) -> None:
        """As a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class ChainNode(ServedProcess):
    """One producing node under its parent (deploy.chain.node). `host`: where it listens."""

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        self.folder = folder
        self.http = f"{host}:{free_port()}"
        self.url = f"http://{self.http}"
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(
            "deploy.chain.node",
            {},
            folder / "node.log",
            *("--data-dir", str(folder), "--http", self.http, "--p2p", f"127.0.0.1:{free_port()}"),
        )

    def start(self) -> None:
        super().start()
        wait_until(self._is_making_blocks, 60, what=f"blocks of the node ({self.log})")

    def _is_making_blocks(self) -> bool:
        """New ones: after a restart the head is as old as the node was away, and who signs then is told to wait."""
        try:
            info = ChainClient([self.url], 2.0).info()
        except ChainError:
            return False
        return info.head_block_num > 1 and info.head_block_time > time.time() - 2


@dataclass(frozen=True)
class Trader:
    """A participant of a market, his box, and the key of both."""

    market: str
    account: str
    signer: SoftR1Signer
    registered: Registered

    @property
    def point(self) -> int:
        return next(iter(self.registered.points.values()))

    @property
    def unit(self) -> int:
        return next(iter(self.registered.units.values()))


@dataclass
class Chain:
    """The fixture `chain`."""

    node: ChainNode
    governance: Governance
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def urls(self) -> list[str]:
        return [self.node.url]

    @property
    def client(self) -> ChainClient:
        return self.governance.client

    @property
    def keys_dir(self) -> Path:
        return self.governance.keyring.operator

    def now(self) -> float:
        return self.client.info().head_block_time

    def wait_for_time(self, moment: float) -> None:
        """Until a block of that time is there."""
        wait_until(lambda: self.now() >= moment, max(5.0, moment - self.now() + 10), what=f"the chain's time {moment}")

    def as_operator(self, permission: str, contract: str, name: str, **data: Any) -> Receipt:
        return self.governance.as_operator(permission, [(contract, name, data)])

    def push_as(self, who: Trader, contract: str, name: str, **data: Any) -> Receipt:
        return self.client.push([Action(contract, name, [(who.account, "active")], data)], [who.signer])

    def account(self) -> tuple[str, SoftR1Signer]:
        """A new account whose active key is an R1 key in software."""
        name, signer = random_name("t"), SoftR1Signer()
        chain_market.make_participant_account(self.governance, Participant(name, signer.public_key, ()))
        return name, signer

    def as_evu(self, contract: str, name: str, **data: Any) -> Receipt:
        action = Action(contract, name, [("tbievu", "active")], data)
        return self.client.push([action], [self.governance.keyring.signer("tbievu")])

    def open_market(self, slot_s: int = 4, *, until_slots: int = 0, horizon_s: int = 3600, **parameters: int) -> str:
        """A market of short slots; `parameters` are those of `params` that matter to the test."""
        name = random_name("m")
        values = {"lead_s": 1, "extend_s": 1, "settle_gap_s": 0, "deadline_s": 30, "retain_s": 60, **parameters}
        until = (int(self.now()) // slot_s + until_slots) * slot_s if until_slots else 0
        market = Market(name, slot_s=slot_s, horizon_s=horizon_s, until=until, parameters=replace(PARAMETERS, **values))
        chain_market.open_market(self.governance, market)
        return name

    def trader(self, market: str, *, units: int = 1, euro: str = "100.000000 EUR") -> Trader:
        """A registered participant with one metering point and money in the market's ledger."""
        name, signer = random_name("t"), SoftR1Signer()
        point = Point(secrets.token_hex(32), units=tuple(secrets.token_hex(32) for _ in range(units)))
        registered = chain_market.register_participant(
            self.governance, market, Participant(name, signer.public_key, (point,))
        )
        trader = Trader(market, name, signer, registered)
        chain_market.fund(self.governance, [name], euro)
        self.push_as(
            trader, "tbitoken", "transfer", **{"from": name, "to": "tbimarket", "quantity": euro, "memo": market}
        )
        return trader

    def ledger(self, market: str) -> dict[str, dict[str, Any]]:
        return {row["owner"]: row for row in self.client.rows("tbimarket", market, "ledger")}

    def offer(self, market: str, offer_id: int) -> dict[str, Any] | None:
        rows = self.client.rows("tbimarket", market, "offers", lower=offer_id, upper=offer_id)
        return rows[0] if rows else None


def start_chain(folder: Path, say: Callable[[str], None], host: str = "127.0.0.1") -> Chain:
    """A running, booted chain. Raises what the boot raises, with the node stopped."""
    node = ChainNode(folder / "node", host)
    try:
        node.start()
        governance = Governance([node.url], Keyring(folder / "keys"), node.folder / "producer.key")
        boot(governance, nodeos.chain_env(), say)
    except BaseException:
        node.stop()
        raise
    return Chain(node, governance)


def names_of(rows: Sequence[dict[str, Any]], field_name: str) -> list[Any]:
    return [row[field_name] for row in rows]
