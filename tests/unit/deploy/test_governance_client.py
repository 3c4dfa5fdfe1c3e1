"""A node that had too little time for a transaction is asked again by those who set a chain up."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.chain.governance import Governance, Keyring
from services.shared.chain.client import ChainClient
from services.shared.chain.errors import ResourcesExhausted
from services.shared.chain.model import Receipt
from services.shared.chain.transaction import SignedTransaction

SIGNED = SignedTransaction(b"packed", ("SIG",))
BUSY = "transaction 7d was executing for too long 218431us reached node configured max-transaction-time 150000us"


def _sent(monkeypatch: pytest.MonkeyPatch, folder: Path, *answers: str) -> tuple[Receipt | None, int]:
    """What comes of it where a node answers so before it accepts, and how often it was asked."""
    told = list(answers)
    asked: list[bytes] = []

    def send(_: ChainClient, signed: SignedTransaction) -> Receipt:
        asked.append(signed.packed)
        if told:
            raise ResourcesExhausted(told.pop(0))
        return Receipt(signed.id, 7)

    monkeypatch.setattr(ChainClient, "send", send)
    client = Governance(["http://127.0.0.1:1"], Keyring(folder), folder / "key").client
    try:
        return client.send(SIGNED), len(asked)
    except ResourcesExhausted:
        return None, len(asked)


def test_a_busy_node_is_asked_again_with_the_same_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert _sent(monkeypatch, tmp_path, BUSY, BUSY) == (Receipt(SIGNED.id, 7), 3)


def test_but_not_for_ever(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert _sent(monkeypatch, tmp_path, *[BUSY] * 9) == (None, 5)


def test_and_not_where_an_account_has_used_up_what_it_has(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert _sent(monkeypatch, tmp_path, "account tbievu has insufficient ram") == (None, 1)
