"""A pool that signs tokens as Cognito does, with a key of its own, and publishes it for services to verify with."""

from __future__ import annotations

import base64
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jose import jwk, jwt

_PORTAL, _MACHINE = "portal", "machine"
_SERVICES = ("background-manager-logic", "mastr-connector", "forecast-connector", "blockchain-connector")


class Pool:
    """`header(group)` is a user's, `service()` that of another service; services get tokens for any secret."""

    def __init__(self, folder: Path) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        public = jwk.construct(self._key, "RS256").public_key().to_dict()
        self._jwks = json.dumps({"keys": [{**public, "kid": "one", "use": "sig"}]}, default=bytes.decode).encode()
        self.file = folder / "identity.json"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.issuer = f"http://127.0.0.1:{self._server.server_port}/pool"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> None:
        about = {
            "issuer": self.issuer,
            "jwks_url": f"{self.issuer}/.well-known/jwks.json",
            "portal_client_id": _PORTAL,
            "machine_client_id": _MACHINE,
            "service_client_ids": {name: _client_of(name) for name in _SERVICES},
            "service_scope": "tbi/service",
            "region": "eu-central-1",
            "user_pool_id": "pool",
            "endpoint_url": self.issuer,
            "token_url": f"{self.issuer}/oauth2/token",
        }
        self.file.write_text(json.dumps(about))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def header(self, *groups: str, sub: str = "somebody") -> dict[str, str]:
        return self._signed(
            {"sub": sub, "username": sub, "cognito:groups": list(groups), "client_id": _PORTAL, "scope": "openid"}
        )

    def service(self, name: str = "background-manager-logic") -> dict[str, str]:
        client = _client_of(name)
        return self._signed({"sub": client, "client_id": client, "scope": "tbi/service"})

    def _signed(self, claims: dict[str, Any]) -> dict[str, str]:
        now = int(time.time())
        token = jwt.encode(
            {**claims, "iss": self.issuer, "iat": now, "exp": now + 3600, "token_use": "access"},
            self._key,
            algorithm="RS256",
            headers={"kid": "one"},
        )
        return {"Authorization": f"Bearer {token}"}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        keys, service = self._jwks, self.service

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(keys)

            def do_POST(self) -> None:
                """Client credentials."""
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if not self.headers["Authorization"].startswith("Basic "):
                    self.send_error(400)  # the pool's other calls: this one only signs
                    return
                user = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
                token = service(user.partition(":")[0].removeprefix("client-"))["Authorization"]
                self._answer(json.dumps({"access_token": token.removeprefix("Bearer "), "expires_in": 3600}).encode())

            def _answer(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ARG002 - the base class' names
                return

        return Handler


def _client_of(service: str) -> str:
    return f"client-{service}"
