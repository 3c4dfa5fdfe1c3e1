"""P8, first half: a signature of the TPM API over HTTP against the bare TPM command, in one run.

    python -m benchmarks.tpm_sign [--signatures 1000]

Both are taken in turns, so that whatever else the machine does falls on both alike. The bare command is TPM2_Sign by
the same key through the same library (ESAPI), nothing before or after it. The ratio of the medians is what counts.
"""

import argparse
import hashlib
import http.client
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tpm2_pytss import TPM2_ALG, TPMT_SIG_SCHEME

from services.shared.chain.transaction import PackedAction, Transaction
from services.shared.chain.wire import PACK
from services.shared.wait import wait_until
from services.shared.web import create_box_secret
from services.tpm_api.keystore import KeyStore
from services.tpm_api.swtpm import free_port_pair, swtpm_command, swtpm_tcti
from services.tpm_api.tpm import Tpm, TpmSession

BASE = "/tpm-api/api/v1"
REACH = 2.0


class Client:
    """One kept connection to the TPM API."""

    def __init__(self, port: int, secret: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}

    def close(self) -> None:
        """Forget the connection; the next call opens another."""
        self._connection.close()

    def call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The answer's body; anything but success ends the benchmark."""
        self._connection.request(method, BASE + path, body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status not in (200, 201):
            raise SystemExit(f"{method} {path}: {answer.status} {content.decode()}")
        return content


def main() -> None:
    """Start a swtpm and a TPM API, measure, stop both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--signatures", type=int, default=1000)
    count: int = parser.parse_args().signatures
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tpm").mkdir()
        tpm_port = free_port_pair()
        swtpm = subprocess.Popen(swtpm_command(folder / "tpm", tpm_port))
        port = tpm_port
        while abs(port - tpm_port) < 2:  # swtpm may not have opened its ports yet
            port = free_port_pair()
        environment = {
            **os.environ,
            "TBI_TPM_TCTI": swtpm_tcti(tpm_port),
            "TBI_STATE_DIR": name,
            "TBI_BOX_SECRET_FILE": str(folder / "secret"),
            "TBI_ACCOUNT": "box1",
            "TBI_PORT": str(port),
        }
        client = Client(port, create_box_secret(folder / "secret"))
        api = subprocess.Popen([sys.executable, "-m", "services.tpm_api"], env=environment, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: answers(client), timeout=30, what="the TPM API")
            client.call("POST", "/key", b'{"label": "account"}')
            measure(client, swtpm_tcti(tpm_port), KeyStore(folder / "keys"), count)
        finally:
            for process in (api, swtpm):
                process.terminate()
                process.wait(20)


def answers(client: Client) -> bool:
    """Whether the service is up."""
    try:
        return bool(client.call("GET", "/health"))
    except OSError:
        client.close()
        return False


def measure(client: Client, tcti: str, store: KeyStore, count: int) -> None:
    """Take both in turns and print the result."""
    body = json.dumps({"label": "account", "chain_id": "cf" * 32, "packed_trx": packed_delivery().hex()}).encode()
    tpm = Tpm(tcti)
    session, key = tpm.run(lambda session: (session, key_in(session, store)))
    scheme = TPMT_SIG_SCHEME(scheme=TPM2_ALG.NULL)
    digest = hashlib.sha256(b"bare").digest()
    bare: list[float] = []
    over_http: list[float] = []
    without_tpm: list[float] = []
    for turn in range(count + 50):
        timed(lambda: session.esapi.sign(key, digest, scheme), bare)
        timed(lambda: client.call("POST", "/sign-transaction", body), over_http)
        timed(lambda: client.call("GET", "/key/account"), without_tpm)
        if turn == 49:  # warm by now
            for times in (bare, over_http, without_tpm):
                times.clear()
    report(bare, over_http, without_tpm)


def key_in(session: TpmSession, store: KeyStore) -> Any:
    """The ESYS_TR of the service's key."""
    record = store.all()[0]
    return session.key(record.handle, record.auth, bytes.fromhex(record.public_area))


def packed_delivery() -> bytes:
    """A delivery of one metering point with one unit: what a box signs every quarter of an hour."""

    def uint32(*values: int) -> bytes:
        return b"".join(value.to_bytes(4, "little") for value in values)

    slot, point, fed_in_wh, consumed_wh, unit, produced_wh = 1_800_000_000, 1, 250, 0, 1, 260
    reading = uint32(point, fed_in_wh, consumed_wh) + b"\x01" + uint32(unit, produced_wh)
    data = PACK["name"]("lem") + PACK["name"]("box1") + uint32(slot) + b"\x01" + reading
    action = PackedAction("tbimarket", "deliver", (("box1", "active"),), data)
    return Transaction(int(time.time()) + 1800, 1, 2, (action,)).pack()


def timed(command: Callable[[], Any], times: list[float]) -> None:
    """Run `command`, add its milliseconds to `times`."""
    begun = time.perf_counter()
    command()
    times.append((time.perf_counter() - begun) * 1000)


def report(bare: list[float], over_http: list[float], without_tpm: list[float]) -> None:
    """Print machine, versions and figures."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("tpm2-pytss", "flask", "flask-restx", "waitress"))
    swtpm = subprocess.run(
        ["swtpm", "--version"],  # noqa: S607 - found as the one that ran
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split(",")[0]
    print(
        f"machine   {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.2f}, {platform.platform()}"
    )
    print(f"versions  Python {platform.python_version()}, {packages}, {swtpm.strip()}")
    print(f"sizes     {len(bare)} of each, in turns, one connection")
    for name, times in (("bare", bare), ("over HTTP", over_http), ("HTTP only", without_tpm)):
        p50, p90 = statistics.median(times), statistics.quantiles(times, n=10)[8]
        print(f"{name:<10}p50 {p50:.3f} ms   p90 {p90:.3f} ms")
    ratio = statistics.median(over_http) / statistics.median(bare)
    verdict = "met" if ratio <= REACH else "MISSED"
    print(f"P8        p50 over HTTP / bare = {ratio:.2f}; reach: at most {REACH:g}; {verdict}")


if __name__ == "__main__":
    main()
