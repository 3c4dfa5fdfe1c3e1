"""The gateway's listener for boxes, a real nginx: whom it lets in, whom not, and what stands behind it is told."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from deploy.cls_box.authority import Authority
from deploy.cls_box.authority.__main__ import lay_out_gateway
from deploy.cls_box.authority.certificates import key_pem, new_key, request
from deploy.local.gateway import Listener, write
from deploy.local.plan import Plan
from services.shared.chain.link import Link
from services.shared.chain.rpc import NodeRpc
from services.shared.wait import wait_until

_TIMEOUT_S = 10
_FOLLOW = Path(__file__).parents[3] / "deploy/images/follow.sh"


class _Telling(BaseHTTPRequestHandler):
    """What stands behind the gateway: tells what reached it. Without a token it answers as services do."""

    asked, may_answer = threading.Event(), threading.Event()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer()

    def do_GET(self) -> None:
        if self.path.endswith("/slow"):
            self.asked.set()
            self.may_answer.wait(_TIMEOUT_S)
        self._answer()

    def _answer(self) -> None:
        status = 200 if self.path.startswith("/v1/") or "Authorization" in self.headers else 401
        body = json.dumps({"path": self.path, "box": self.headers.get_all("X-Tbi-Box")}).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        return


class Door:
    """The gateway with its authority."""

    def __init__(self, plan: Plan, folder: Path, chain: str) -> None:
        self.folder = folder
        self.authority = Authority.make(folder / "authority")
        self.link = folder / "gateway-link"
        lay_out_gateway(self.authority, self.link, ["127.0.0.1"])
        port = plan.program("gateway").ports[0] + 3
        self.url = f"https://127.0.0.1:{port}"
        write(plan, folder, folder, boxes=Listener("127.0.0.1", port, str(self.link), [chain]))
        self.run = plan.settings.run
        file = plan.settings.data / "gateway/nginx.conf"
        text, count = re.subn("worker_shutdown_timeout 10s", "worker_shutdown_timeout 1s", file.read_text())
        assert count == 1
        file.write_text(text)
        self._command = plan.program("gateway").command
        self.start()

    def start(self) -> None:
        with (self.folder / "gateway.log").open("ab") as log:
            self.process = subprocess.Popen(self._command, stdout=log, stderr=log)
            pid_file = str(self.run / "gateway.pid")
            # as in the gateway's container, but that nobody waits for five seconds
            self._follows = subprocess.Popen(
                ["sh", str(_FOLLOW), str(self.link), pid_file, "0.1", "true"],  # noqa: S607 - the shell of the path
                stdout=log, stderr=log,
            )  # fmt: skip
        wait_until(self._answers, _TIMEOUT_S, what="the gateway")

    def stop(self) -> None:
        for process in (self._follows, self.process):
            process.terminate()
            process.wait(_TIMEOUT_S)

    def box(self, name: str, authority: Authority | None = None) -> Link:
        """A box with a certificate, as its folder has it."""
        at = self.folder / f"boxes/{name}-{len(list(self.folder.glob('boxes/*')))}"
        at.mkdir(parents=True)
        key = new_key()
        (at / "key.pem").write_text(key_pem(key))
        (at / "certificate.pem").write_text((authority or self.authority).issue(name, request(key, name)).chain)
        (at / "authority.pem").write_text(self.authority.trusted)
        return Link(at)

    def revoke(self, name: str, reason: str) -> None:
        """As docs/operations.md says: revoke, lay the list there. Nothing is started anew."""
        self.authority.revoke(name, reason)
        self.lay((self.folder / "authority/boxes.crl").read_bytes())

    def lay(self, revoked: bytes) -> None:
        """Another list. Returns when it counts: nobody is left who let boxes in by the one before."""
        before = self._workers()
        (self.link / "boxes.crl").write_bytes(revoked)
        wait_until(lambda: self._workers().isdisjoint(before), _TIMEOUT_S, what="a worker with the new list")
        wait_until(self._answers, _TIMEOUT_S, what="the gateway")

    def log(self) -> str:
        return (self.folder / "gateway.log").read_text()

    def session(self, link: Link | None) -> requests.Session:
        """One that keeps its connection."""
        session = requests.Session()
        session.trust_env = False
        if link is None:
            session.verify = str(self.folder / "authority/boxes.pem")
        else:
            link.use(session)
        return session

    def ask(self, link: Link | None, path: str = "/v1/chain/get_info", **headers: str) -> requests.Response:
        with self.session(link) as session:
            return session.get(self.url + path, headers=headers, timeout=_TIMEOUT_S)

    def _workers(self) -> set[int]:
        return {child.pid for child in psutil.Process(self.process.pid).children()}

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log()
        try:
            return self.ask(None).status_code == 403
        except requests.ConnectionError:
            return False


@pytest.fixture
def door(plan: Plan, tmp_path: Path) -> Iterator[Door]:
    plan.settings.run.mkdir(parents=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Telling)
    services = ThreadingHTTPServer(("127.0.0.1", plan.program("background-manager-logic").ports[0]), _Telling)
    for one in (server, services):
        threading.Thread(target=one.serve_forever, daemon=True).start()
    made = Door(plan, tmp_path, f"127.0.0.1:{server.server_port}")
    yield made
    made.stop()
    for one in (server, services):
        one.shutdown()
        one.server_close()


def refused(answer: requests.Response, words: str) -> None:
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert words in answer.json()["detail"]


def test_a_box_is_let_in_and_named_whatever_it_says_itself(door: Door) -> None:
    answer = door.ask(door.box("box-11"), **{"X-Tbi-Box": "box-12"})
    assert (answer.status_code, answer.json()) == (200, {"path": "/v1/chain/get_info", "box": ["box-11"]})
    rpc = NodeRpc([door.url], 5.0, link=door.box("box-11"))  # as the box's connector calls the chain
    assert rpc.call("/v1/chain/get_info")["box"] == ["box-11"]


def test_a_certificate_stands_for_no_token(door: Door) -> None:
    path = "/background-manager-logic/api/v1/account"
    assert door.ask(door.box("box-11"), path).status_code == 401
    assert door.ask(door.box("box-11"), path, Authorization="Bearer x").json() == {"path": path, "box": ["box-11"]}
    assert door.ask(door.box("box-11"), "/config.json").status_code == 404


def test_who_has_no_certificate_or_not_ours_is_refused_and_told_why(door: Door) -> None:
    refused(door.ask(None), "A certificate of this box is needed")
    foreign = Authority.make(door.folder / "foreign")
    refused(door.ask(door.box("box-11", foreign)), "unable to")
    past = Authority(door.folder / "authority", lambda: datetime.now(UTC) - timedelta(days=100))
    refused(door.ask(door.box("box-11", past)), "certificate has expired")
    server = door.box("box-11")
    for name, file in (("key.pem", "gateway.key"), ("certificate.pem", "gateway.pem")):
        (server.folder / name).write_bytes((door.link / file).read_bytes())
    refused(door.ask(server), "purpose")
    plain = requests.get(door.url.replace("https", "http"), timeout=_TIMEOUT_S)
    assert (plain.status_code, plain.json()["detail"]) == (400, "This port speaks TLS.")


def test_renewed_both_count_and_revoked_none_does(door: Door) -> None:
    earlier, later = door.box("box-11"), door.box("box-11")
    other = door.box("box-12")
    assert [door.ask(one).status_code for one in (earlier, later, other)] == [200, 200, 200]
    master = door.process.pid
    door.revoke("box-11", "stolen")
    refused(door.ask(earlier), "certificate revoked")
    refused(door.ask(later), "certificate revoked")
    assert door.ask(other).status_code == 200
    assert door.process.poll() is None
    assert door.process.pid == master == int((door.run / "gateway.pid").read_text())


def test_a_revoked_box_does_not_stay_in_by_a_connection_of_before(door: Door) -> None:
    """One that is kept is closed at once; what was asked on another is answered, or ended soon."""
    _Telling.asked.clear()
    _Telling.may_answer.clear()
    box, told = door.box("box-11"), dict[str, object]()
    with door.session(box) as kept, door.session(box) as busy:
        assert kept.get(door.url + "/v1/chain/get_info", timeout=_TIMEOUT_S).status_code == 200

        def ask() -> None:
            try:
                told["slow"] = busy.get(door.url + "/v1/slow", timeout=_TIMEOUT_S).status_code
            except requests.ConnectionError:
                told["slow"] = "ended"

        asking = threading.Thread(target=ask)
        asking.start()
        assert _Telling.asked.wait(_TIMEOUT_S)
        door.revoke("box-11", "stolen")
        refused(door.ask(box), "certificate revoked")
        refused(kept.get(door.url + "/v1/chain/get_info", timeout=_TIMEOUT_S), "certificate revoked")
        asking.join(_TIMEOUT_S)  # nobody has answered yet: the worker of before is ended
        _Telling.may_answer.set()
        assert told == {"slow": "ended"}
        refused(busy.get(door.url + "/v1/chain/get_info", timeout=_TIMEOUT_S), "certificate revoked")


def test_a_list_that_cannot_be_read_is_left_aside_and_the_next_one_counts(door: Door) -> None:
    box = door.box("box-11")
    (door.link / "boxes.crl").write_bytes(b"-----BEGIN X509 CRL-----\nhalf of it")
    wait_until(lambda: "boxes.crl" in door.log().partition("read anew")[2], _TIMEOUT_S, what="what nginx says of it")
    assert door.ask(box).status_code == 200
    door.revoke("box-11", "retired")
    refused(door.ask(box), "certificate revoked")


def test_a_list_that_ran_out_lets_nobody_in(door: Door) -> None:
    """So it is published anew in time (docs/operations.md): a gateway that hears of no revocation trusts nobody."""
    box = door.box("box-11")
    late = Authority(door.folder / "authority", lambda: datetime.now(UTC) - timedelta(days=8))
    door.lay(late.publish().read_bytes())
    refused(door.ask(box), "CRL has expired")
