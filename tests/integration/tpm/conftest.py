"""Real swtpm processes and a real TPM API in front of them, each on free ports, ended by process id."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from services.shared.chain.transaction import PackedAction, Transaction
from services.shared.chain.wire import PACK
from services.shared.wait import wait_until
from services.shared.web import create_box_secret
from services.tpm_api.swtpm import free_port_pair, swtpm_command, swtpm_tcti

REPOSITORY = Path(__file__).parents[3]
BOX = "box1"
CHAIN = "cf" * 32


class SoftwareTpm:
    """A swtpm with a state directory of its own."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = free_port_pair()
        self.tcti = swtpm_tcti(self.port)
        self.process: subprocess.Popen[bytes] | None = None
        state.mkdir(parents=True)
        self.start()

    def start(self, state: Path | None = None) -> None:
        command = swtpm_command(state or self.state, self.port)
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._is_open, timeout=10, what="swtpm's ports")

    def send(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def end(self, number: int = signal.SIGTERM) -> None:
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(10)

    def _is_open(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, "swtpm ended at once"
        return all(_answers(port) for port in (self.port, self.port + 1))


class TpmApi:
    """A TPM API process: `python -m services.tpm_api`, as it runs in a box."""

    def __init__(self, folder: Path, tcti: str, **environment: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = free_port_pair()
        self.url = f"http://127.0.0.1:{self.port}/tpm-api/api/v1"
        self.secret = create_box_secret(folder / "secret")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TBI_")},
            "TBI_TPM_TCTI": tcti,
            "TBI_STATE_DIR": str(folder / "state"),
            "TBI_BOX_SECRET_FILE": str(folder / "secret"),
            "TBI_ACCOUNT": BOX,
            "TBI_PORT": str(self.port),
            **environment,
        }
        self.start()

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.tpm_api"], cwd=REPOSITORY, env=self.environment, stderr=log
            )
        wait_until(self._is_up, timeout=30, what="the TPM API")

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(20)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    def call(self, method: str, path: str, body: Any = None, *, token: str | None = "") -> requests.Response:
        """An answer of the API; without a `token` the box's secret is sent, with None nothing."""
        headers = {} if token is None else {"Authorization": f"Bearer {token or self.secret}"}
        return requests.request(method, self.url + path, json=body, headers=headers, timeout=30)

    def new_key(self, label: str = "account") -> dict[str, Any]:
        response = self.call("POST", "/key", {"label": label})
        assert response.status_code in (200, 201), response.text
        key: dict[str, Any] = response.json()
        return key

    def sign(self, value: Transaction, label: str = "account") -> requests.Response:
        body = {"label": label, "chain_id": CHAIN, "packed_trx": value.pack().hex()}
        return self.call("POST", "/sign-transaction", body)

    def _is_up(self) -> bool:
        assert self.process.poll() is None, self.log
        return _answers(self.port)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def names(*values: str) -> bytes:
    return b"".join(PACK["name"](value) for value in values)


def action(name: str = "bid", *, account: str = "tbimarket", party: str = BOX, actor: str = BOX) -> PackedAction:
    return PackedAction(account, name, ((actor, "active"),), names("lem", party) + bytes(12))


def deposit(receiver: str = "tbimarket") -> PackedAction:
    data = names(BOX, receiver) + PACK["asset"]("1.000000 EUR") + PACK["string"]("lem")
    return PackedAction("tbitoken", "transfer", ((BOX, "active"),), data)


def transaction(*actions: PackedAction, nonce: int = 0, life_s: int = 60) -> Transaction:
    return Transaction(int(time.time()) + life_s, nonce & 0xFFFF, nonce, actions or (action(),))


@pytest.fixture
def swtpm(tmp_path: Path) -> Iterator[SoftwareTpm]:
    """A TPM for tests that kill it."""
    tpm = SoftwareTpm(tmp_path / "tpm")
    yield tpm
    if tpm.process is not None and tpm.process.poll() is None:
        tpm.end(signal.SIGKILL)


@pytest.fixture
def api(tmp_path: Path, swtpm: SoftwareTpm) -> Iterator[TpmApi]:
    """A TPM API for tests that end it or its TPM."""
    running = TpmApi(tmp_path / "api", swtpm.tcti)
    yield running
    if running.process.poll() is None:
        running.end()


@pytest.fixture(scope="package")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TpmApi]:
    """A TPM API with its TPM and the key `account`, for tests that leave it as it is."""
    folder = tmp_path_factory.mktemp("box")
    tpm = SoftwareTpm(folder / "tpm")
    running = TpmApi(folder / "api", tpm.tcti)
    running.new_key()
    yield running
    running.end()
    tpm.end()
