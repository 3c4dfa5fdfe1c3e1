"""A stand-in for the box's connector: tables that a test fills, transactions that it records.

Only where the chain is not the subject; the whole path runs in tests/system.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, dict[str, Any]]
BASE = "/blockchain-connector/api/v1"


class RecordingConnector:
    """`tables[(contract, table, scope)]` are rows; `refuse(actions)` may answer instead of a receipt.

    As the real one it gives the same answer to the same Idempotency-Key, and has one effect.
    """

    def __init__(self) -> None:
        self.tables: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        self.effects: list[tuple[str, dict[str, Any]]] = []
        self.keys: list[str] = []
        self.looks = 0
        self.refuse: Callable[[list[dict[str, Any]]], Answer | None] = lambda _: None
        self.gate = threading.Event()
        self.gate.set()
        self.asked = threading.Event()
        self._answers: dict[str, Answer] = {}
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def rows(self, contract: str, table: str, query: dict[str, str]) -> Answer:
        """Rows of a table; bounds by primary key, or by `seller_key` for the second index."""
        found = self.tables.get((contract, table, query["scope"]), [])
        name = "seller_key" if query.get("index") == "2" else _primary(found)
        low, high = int(query.get("lower", 0)), int(query.get("upper", 2**64))
        if "lower" in query or "upper" in query:
            found = [row for row in found if low <= int(row[name]) <= high]
        return 200, {"items": found, "next_cursor": None}

    def transact(self, key: str, actions: list[dict[str, Any]]) -> Answer:
        """One effect a key."""
        self.asked.set()
        self.gate.wait(30)
        with self._lock:
            self.keys.append(key)
            if key in self._answers:
                return self._answers[key]
            refusal = self.refuse(actions)
            if refusal is not None:
                if refusal[0] == 409:
                    self._answers[key] = refusal
                return refusal
            self.effects += [(key, action) for action in actions]
            for action in actions:
                self._book(action)
            block = len(self.effects)
            self._answers[key] = (200, {"transaction_id": f"{block:064x}", "block_num": block})
            return self._answers[key]

    def _book(self, action: dict[str, Any]) -> None:
        """An offer has its row with the block that it is in, unless a test has put one there."""
        if action["name"] != "offer":
            return
        data = action["data"]
        offers = self.tables["tbimarket", "offers", data["market"]]
        (participant,) = self.tables["tbiclsbox", "participants", data["market"]]
        if any(int(row["client_key"]) == int(data["key"]) for row in offers):
            return
        place = data["slot"] << 32 | participant["id"]
        offers.append({"id": 1000 + len(offers), "seller_key": place, "client_key": str(data["key"])})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        connector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                path = parts.path.removeprefix(BASE).split("/")[1:]
                if path == ["health"]:
                    checks = {"chain": {"status": "ok", "detail": "block 7"}, "tpm": {"status": "ok", "detail": "well"}}
                    self._send((200, {"status": "ok", "version": "0", "checks": checks}))
                else:
                    self._send(connector.rows(path[2], path[3], query))

            def do_POST(self) -> None:
                if self.path == f"{BASE}/watcher/look":
                    connector.looks += 1
                    self._send((202, {}))
                    return
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self._send(connector.transact(self.headers["Idempotency-Key"], body["actions"]))

            def log_message(self, *_: Any) -> None:
                pass

            def _send(self, answer: Answer) -> None:
                text = json.dumps(answer[1]).encode()
                self.send_response(answer[0])
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

        return Handler


def refused(rule: str) -> Answer:
    """What the connector answers when a contract refuses."""
    return 409, {"type": "about:blank", "title": "Conflict", "status": 409, "detail": f"{rule}: no", "rule": rule}


def _primary(rows: list[dict[str, Any]]) -> str:
    return next((name for name in ("id", "key") if rows and name in rows[0]), "id")
