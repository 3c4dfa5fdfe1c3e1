"""How a box gets its account: it shows its key with what its TPM says of it, and is told once whose it is."""

from __future__ import annotations

from typing import Any

from market.values import EosName
from services.cls_box_logic.journal import Journal
from services.cls_box_logic.ownership import Ownership
from services.cls_box_logic.provisioning import Box
from services.cls_box_logic.tpm import TpmApi

View = dict[str, Any]


class Registration:
    """The key never leaves the TPM; the account and the owner never change."""

    def __init__(self, box: Box, ownership: Ownership, tpm: TpmApi, journal: Journal) -> None:
        self._box = box
        self._ownership = ownership
        self._tpm = tpm
        self._journal = journal

    def key(self, nonce: str) -> View:
        """The key of the box's account, made when there is none, with quote and certification that carry `nonce`.

        Raises TpmAway, TpmWrong.
        """
        key = self._tpm.key()
        return {
            "public_key": key.get("public_key"),
            "pem": key.get("pem"),
            **self.owned(),
            "salt": self._box.salt.hex(),
            **self._tpm.attestation(nonce),
        }

    def bind(self, account: EosName, owner_sub: str) -> View:
        """`account` and `owner_sub`, bound. Raises Conflict (they are others), NotKept."""
        before = self.owned()
        self._ownership.bind(account, owner_sub)
        if before != (now := self.owned()):
            self._journal.append("bound", now)
        return now

    def owned(self) -> View:
        """`account` and `owner_sub`, each null while there is none."""
        account = self._ownership.known_account()
        return {"account": None if account is None else str(account), "owner_sub": self._ownership.owner_sub()}
