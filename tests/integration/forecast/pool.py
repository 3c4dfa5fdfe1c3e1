"""A pool that signs tokens as Cognito does, with a key of its own, and publishes it for services to verify with."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jose import jwk, jwt

_PORTAL, _MACHINE, _SERVICE = "portal", "machine", "service"


class Pool:
    """`header(group)` is a user's, `service()` that of another service."""

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
            "service_client_ids": {"background-manager-logic": _SERVICE},
            "service_scope": "tbi/service",
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

    def service(self) -> dict[str, str]:
        return self._signed({"sub": _SERVICE, "client_id": _SERVICE, "scope": "tbi/service"})

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
        keys = self._jwks

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(keys)))
                self.end_headers()
                self.wfile.write(keys)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ARG002 - the base class' names
                return

        return Handler
