"""The box's TPM API over HTTP: the key of the box's account, and what the TPM says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from services.cls_box_logic.errors import TpmAway, TpmWrong
from services.shared import trace

_BASE = "/tpm-api/api/v1"
_TIMEOUT_S = (2.0, 15.0)
_AWAY = (503, 504)


class TpmApi:
    """`label`: the key's name in this box."""

    def __init__(self, base_url: str, secret: str, label: str = "account") -> None:
        self._base = base_url if base_url.endswith(_BASE) else base_url.rstrip("/") + _BASE
        self._secret = secret
        self._label = label

    def key(self) -> dict[str, Any]:
        """`public_key` and `pem` of the key, which is made when there is none. Raises TpmAway, TpmWrong."""
        return self._post("/key", {"label": self._label})

    def attestation(self, nonce: str) -> dict[str, Any]:
        """Quote and the key's certification, as the TPM API's POST /quote gives them. Raises TpmAway, TpmWrong."""
        return self._post("/quote", {"nonce": nonce, "label": self._label})

    def sign_journal(self, head: bytes) -> tuple[str, str]:
        """Signature and public key over a head of the journal. Raises TpmAway, TpmWrong (there is no key yet, too)."""
        told = self._post("/sign-journal", {"label": self._label, "head": head.hex()})
        return str(told.get("signature")), str(told.get("public_key"))

    def _post(self, path: str, body: Mapping[str, str]) -> dict[str, Any]:
        """A call that may be made again without another effect. Rare, so each has a connection of its own."""
        try:
            with requests.Session() as session:
                session.trust_env = False
                headers = {"Authorization": f"Bearer {self._secret}", **trace.header()}
                response = session.post(self._base + path, json=dict(body), headers=headers, timeout=_TIMEOUT_S)
            told = response.json()
        except requests.JSONDecodeError as error:
            raise TpmWrong("the box's TPM API answered something that is no JSON; see TBI_TPM_API_URL") from error
        except requests.RequestException as error:
            raise TpmAway(f"the box's TPM API does not answer ({type(error).__name__}); see whether it runs") from error
        detail = str(told.get("detail", "")).rstrip(".") if isinstance(told, dict) else ""
        if response.status_code in _AWAY:
            raise TpmAway(detail or "the box's TPM does not answer")
        if not response.ok or not isinstance(told, dict):
            raise TpmWrong(f"the box's TPM API answered {response.status_code}: {detail}")
        return told
