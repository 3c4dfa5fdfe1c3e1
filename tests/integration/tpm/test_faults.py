"""The TPM dies, hangs, fills up; the service says so and goes on by itself."""

import contextlib
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tpm2_pytss import ESAPI, TPM2B_PUBLIC, TPM2B_SENSITIVE_CREATE

from services.shared.wait import wait_until
from services.tpm_api.commands import SIGNING
from services.tpm_api.errors import TpmUnavailable
from services.tpm_api.swtpm import free_port_pair
from services.tpm_api.tpm import Tpm

from .conftest import REPOSITORY, SoftwareTpm, TpmApi, transaction


def counter_of(api: TpmApi) -> str:
    detail: str = api.call("GET", "/health").json()["checks"]["tpm"]["detail"]
    return detail.rpartition(" ")[2]


def test_kill_9_of_the_tpm_in_use_four_times_never_counts_as_a_failed_try(api: TpmApi, swtpm: SoftwareTpm) -> None:
    key = api.new_key()
    seen: Counter[int] = Counter()
    stop = threading.Event()

    def use() -> None:
        while not stop.is_set():
            seen[api.sign(transaction()).status_code] += 1

    with ThreadPoolExecutor(3) as pool:
        users = [pool.submit(use) for _ in range(3)]
        try:
            for _ in range(4):
                before = seen[200]
                wait_until(lambda: seen[200] > before + 5, timeout=20, what="signatures")  # noqa: B023 - used at once
                swtpm.end(signal.SIGKILL)
                away = seen[503]
                wait_until(lambda: seen[503] > away, timeout=20, what="503 while the TPM is away")  # noqa: B023 - as above
                swtpm.start()
            after = seen[200]
            wait_until(lambda: seen[200] > after + 5, timeout=20, what="signatures after the last start")
        finally:
            stop.set()
        for user in users:
            user.result()
    assert set(seen) == {200, 503}
    assert counter_of(api) == "0"
    assert api.sign(transaction()).json()["public_key"] == key["public_key"]


def test_without_the_tpm_it_is_a_503_with_retry_after_and_it_recovers(api: TpmApi, swtpm: SoftwareTpm) -> None:
    key = api.new_key()
    swtpm.end(signal.SIGKILL)
    for answer in (
        api.sign(transaction()),
        api.call("POST", "/key", {"label": "other"}),
        api.call("GET", "/random?bytes=8"),
        api.call("POST", "/quote", {"nonce": "00" * 8}),
    ):
        assert answer.status_code == 503
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) > 0
        assert "does not answer" in answer.json()["detail"]
    health = api.call("GET", "/health", token=None).json()
    assert (health["status"], health["checks"]["tpm"]["status"]) == ("degraded", "failed")
    assert api.call("GET", "/key/account").json() == key  # known without the TPM
    swtpm.start()
    assert api.sign(transaction()).status_code == 200
    assert api.call("GET", "/health").json()["status"] == "ok"


def test_the_service_starts_before_its_tpm(api: TpmApi, swtpm: SoftwareTpm) -> None:
    api.end()
    swtpm.end()
    api.start()
    assert api.call("POST", "/key", {"label": "account"}).status_code == 503
    swtpm.start()
    assert api.call("POST", "/key", {"label": "account"}).status_code == 201


def test_objects_that_others_left_in_the_tpm_are_no_obstacle(api: TpmApi, swtpm: SoftwareTpm) -> None:
    api.new_key()
    other = ESAPI(swtpm.tcti)
    for _ in range(3):
        template = TPM2B_PUBLIC.parse("ecc256:ecdsa-sha256:null", objectAttributes=SIGNING, nameAlg="sha256")
        other.create_primary(TPM2B_SENSITIVE_CREATE(), template)
    assert api.sign(transaction()).status_code == 200
    other.close()


def test_a_tpm_that_hangs_makes_the_next_caller_wait_only_so_long(swtpm: SoftwareTpm) -> None:
    tpm = Tpm(swtpm.tcti, busy_timeout_s=0.2)
    tpm.run(lambda session: session.handles(0x81000000))
    begun = threading.Event()

    def slow() -> list[int]:
        return tpm.run(lambda session: begun.set() or session.handles(0x81000000))  # type: ignore[func-returns-value]

    swtpm.send(signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(1) as pool:
            hanging = pool.submit(slow)
            begun.wait(10)
            with pytest.raises(TpmUnavailable, match="busy"):
                tpm.run(lambda session: session.handles(0x81000000))
            swtpm.send(signal.SIGCONT)
            assert hanging.result(20) == []
    finally:
        swtpm.send(signal.SIGCONT)
    tpm.close()


def test_it_says_where_it_listens_and_ends_with_0(api: TpmApi) -> None:
    api.new_key()
    assert api.end() == 0
    lines = api.log.splitlines()
    started = [line for line in lines if "listening on" in line]
    assert len(started) == 1
    assert f"http://127.0.0.1:{api.port} /tpm-api/" in started[0]
    assert lines[-1].endswith("stopped")
    assert api.secret not in api.log


def test_a_taken_port_is_one_clear_sentence(api: TpmApi) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "services.tpm_api"],
        cwd=REPOSITORY,
        env=api.environment,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert second.returncode == 2
    assert f"127.0.0.1:{api.port} cannot be opened" in second.stderr.decode()
    assert "Traceback" not in second.stderr.decode()


def test_a_box_without_an_account_signs_nothing_until_it_has_one(tmp_path: Path, swtpm: SoftwareTpm) -> None:
    provisioning = tmp_path / "box.json"
    api = TpmApi(tmp_path / "api", swtpm.tcti, TBI_ACCOUNT="", TBI_BOX_CONFIG=str(provisioning))
    try:
        api.new_key()
        answer = api.sign(transaction())
        assert answer.status_code == 409
        assert "does not know its account" in answer.json()["detail"]
        provisioning.write_text('{"account": "box1"}')
        assert api.sign(transaction()).status_code == 200
    finally:
        api.end()


def test_a_box_that_knows_its_chain_signs_for_no_other(tmp_path: Path, swtpm: SoftwareTpm) -> None:
    api = TpmApi(tmp_path / "api", swtpm.tcti, TBI_CHAIN_ID="ab" * 32)
    try:
        api.new_key()
        answer = api.sign(transaction())
        assert (answer.status_code, set(answer.json()["errors"])) == (403, {"chain_id"})
    finally:
        api.end()


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /tpm-api/api/v1/key HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST /tpm-api/api/v1/key HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n",
        b"GET /" + b"a" * 300000 + b" HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_hardly_http_never_gets_a_500_or_ends_the_service(box: TpmApi, request_bytes: bytes) -> None:
    with socket.create_connection(("127.0.0.1", box.port), timeout=10) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(request_bytes)
            connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            assert not connection.recv(4096).startswith(b"HTTP/1.1 500")
    assert box.call("GET", "/health").status_code == 200


def test_a_pair_of_ports_is_two_free_neighbours() -> None:
    port = free_port_pair()
    for number in (port, port + 1):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", number))
