"""A security key in software: real signatures over what WebAuthn says, and every way in which one may be wrong."""

from __future__ import annotations

import hashlib
import json
import secrets
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
ORIGIN = "http://localhost:8080"


class Authenticator:
    """One key (P-256). `create` and `get` answer options as a browser at `origin` does."""

    def __init__(self, origin: str = ORIGIN, *, counts: bool = True) -> None:
        self.origin = origin
        self.counts = counts
        self.count = 0
        self.id = secrets.token_bytes(32)
        self._key = ec.generate_private_key(ec.SECP256R1())

    def create(self, options: Mapping[str, Any], **other: Any) -> dict[str, Any]:
        """Answers creation options."""
        client = self._client("webauthn.create", options, other)
        rp_id = other.get("rp_id", options["rp"]["id"])
        numbers = self._key.public_key().public_numbers()
        cose = cbor.encode({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cose
        data = self._data(rp_id, other.get("flags", PRESENT | VERIFIED) | ATTESTED) + attested
        statement = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer({"clientDataJSON": b64(client), "attestationObject": b64(statement)})

    def get(self, options: Mapping[str, Any], **other: Any) -> dict[str, Any]:
        """Answers request options; `other`: challenge, origin, rp_id, flags, count to be wrong on purpose."""
        if self.counts:
            self.count += 1
        client = self._client("webauthn.get", options, other)
        data = self._data(other.get("rp_id", options["rpId"]), other.get("flags", PRESENT | VERIFIED), other)
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(
            {"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature)}
        )

    def _client(self, kind: str, options: Mapping[str, Any], other: Mapping[str, Any]) -> bytes:
        told = {
            "type": other.get("type", kind),
            "challenge": other.get("challenge", options["challenge"]),
            "origin": other.get("origin", self.origin),
            "crossOrigin": False,
        }
        return json.dumps(told).encode()

    def _data(self, rp_id: str, flags: int, other: Mapping[str, Any] | None = None) -> bytes:
        count = (other or {}).get("count", self.count)
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, count)

    def _answer(self, response: Mapping[str, str]) -> dict[str, Any]:
        return {
            "id": b64(self.id),
            "rawId": b64(self.id),
            "type": "public-key",
            "response": dict(response),
            "clientExtensionResults": {},
        }


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
