"""Who holds a key signs: a file of one's own, or a box's TPM API. A key service or an HSM fits the same protocol."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path
from typing import Any, Protocol

import requests
from coincurve import PrivateKey
from coincurve.keys import ffi  # type: ignore[attr-defined]  # its only way to hand over further nonce data

from services.shared import trace
from services.shared.chain import keys
from services.shared.chain.errors import ChainError, KeyFormatError, SignerUnavailable, SigningRefused

_REFUSALS = (400, 403)  # of the transaction itself; everything else is the TPM API's state


class Signer(Protocol):
    @property
    def public_key(self) -> str:
        """`PUB_K1_...` or `PUB_R1_...`. Raises SignerUnavailable."""

    def sign_transaction(self, chain_id: str, packed_trx: bytes) -> str:
        """`SIG_...` over the transaction's digest. Raises SignerUnavailable, SigningRefused."""


class K1Signer:
    """A secp256k1 key in memory."""

    def __init__(self, secret: bytes) -> None:
        self._key = PrivateKey(secret)
        self.public_key = keys.to_text("PUB", "K1", self._key.public_key.format(compressed=True))

    def sign_transaction(self, chain_id: str, packed_trx: bytes) -> str:
        return self.sign_digest(keys.transaction_digest(chain_id, packed_trx))

    def sign_digest(self, digest: bytes) -> str:
        """Deterministic (RFC 6979), with a counter as further input until the signature is canonical."""
        for counter in range(256):
            extra = (ffi.NULL, ffi.new("char [32]", counter.to_bytes(32, "big")) if counter else ffi.NULL)
            made = self._key.sign_recoverable(digest, hasher=None, custom_nonce=extra)
            signature = bytes([27 + 4 + made[64]]) + made[:64]
            if keys.is_canonical(signature):
                return keys.to_text("SIG", "K1", signature)
        raise SignerUnavailable("no canonical signature in 256 tries")


class KeyFileSigner(K1Signer):
    """A K1 key in a file (`PVT_K1_...` or WIF) that nobody but its owner may read."""

    def __init__(self, path: str | Path) -> None:
        path = Path(path)
        try:
            mode = path.stat().st_mode
            text = path.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SignerUnavailable(f"the key file {path} cannot be read: {error}") from error
        if not stat.S_ISREG(mode) or mode & 0o077:
            raise SignerUnavailable(f"the key file {path} may be read by others: chmod 600 it")
        key_type, secret = keys.from_text("PVT", text)
        if key_type != "K1":
            raise KeyFormatError(f"the key file {path} holds an {key_type} key, K1 is needed")
        super().__init__(secret)

    @classmethod
    def create(cls, path: str | Path) -> KeyFileSigner:
        """A new key in a new file. Raises FileExistsError: a key is never overwritten."""
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(keys.to_text("PVT", "K1", PrivateKey().secret) + "\n")
            file.flush()
            os.fsync(file.fileno())
        return cls(path)


class TpmApiSigner:
    """The box's TPM, through the TPM API (`/tpm-api/api/v1`), which makes the digest itself."""

    def __init__(self, base_url: str, label: str, token: str, timeout_s: float = 5.0) -> None:
        self._base_url = base_url.rstrip("/")
        self._label = label
        self._headers = {"Authorization": f"Bearer {token}"}
        self._timeout_s = timeout_s
        self._sessions = threading.local()
        self._public_key: str | None = None

    @property
    def public_key(self) -> str:
        if self._public_key is None:
            self._public_key = str(self._call("GET", f"/key/{self._label}")["public_key"])
        return self._public_key

    def sign_transaction(self, chain_id: str, packed_trx: bytes) -> str:
        body = {"label": self._label, "chain_id": chain_id, "packed_trx": packed_trx.hex()}
        return str(self._call("POST", "/sign-transaction", body)["signature"])

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        session = getattr(self._sessions, "session", None)
        if session is None:
            session = self._sessions.session = requests.Session()
        try:
            answer = session.request(
                method,
                self._base_url + path,
                json=body,
                headers=self._headers | trace.header(),
                timeout=self._timeout_s,
            )
            value = answer.json()
        except requests.RequestException as error:
            raise SignerUnavailable(f"the TPM API at {self._base_url} does not answer: {error}") from error
        if answer.status_code >= 400 or not isinstance(value, dict):
            detail = value.get("detail", "") if isinstance(value, dict) else ""
            kind: type[ChainError] = SigningRefused if answer.status_code in _REFUSALS else SignerUnavailable
            raise kind(f"the TPM API answered {answer.status_code}: {detail}")
        return value
