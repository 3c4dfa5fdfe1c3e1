"""Who holds a key signs: a box's TPM API, or a file of one's own (key_file.py). A key service or an HSM fits, too."""

from __future__ import annotations

import threading
from typing import Any, Protocol

import requests

from services.shared import trace
from services.shared.chain.errors import ChainError, SignerUnavailable, SigningRefused

_REFUSALS = (400, 403)  # of the transaction itself; everything else is the TPM API's state


class Signer(Protocol):
    @property
    def public_key(self) -> str:
        """`PUB_K1_...` or `PUB_R1_...`. Raises SignerUnavailable."""

    def sign_transaction(self, chain_id: str, packed_trx: bytes) -> str:
        """`SIG_...` over the transaction's digest. Raises SignerUnavailable, SigningRefused."""


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

    def health(self) -> str:
        """How the TPM is, in a line. Raises SignerUnavailable, also where only the TPM is not well."""
        tpm = self._call("GET", "/health").get("checks", {}).get("tpm", {})
        detail = str(tpm.get("detail", "the TPM API does not tell"))
        if tpm.get("status") != "ok":
            raise SignerUnavailable(detail)
        return detail

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
