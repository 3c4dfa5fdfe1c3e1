"""Participants' accounts: each made once, with the box's key, whatever is killed in between."""

from __future__ import annotations

from services.blockchain_connector.domain import Order, account_calls
from services.blockchain_connector.performer.service import Performer, Refused
from services.shared.chain.accounts import is_keyed
from services.shared.chain.client import ChainClient
from services.shared.chain.errors import NotFound


class AccountTaken(Exception):  # noqa: N818 - the name says what happened
    """The account stands there with another key. The text is its name."""


class Accounts:
    """Thread-safe."""

    def __init__(self, chain: ChainClient, performer: Performer) -> None:
        self._chain = chain
        self._performer = performer

    def make(self, name: str, public_key: str) -> Order | None:
        """The order that made the account; None when it stood there already with this key.

        Raises AccountTaken, UnfitAccount, and what Performer.submit raises.
        """
        calls = account_calls(name, public_key)
        if self._is_there(name, public_key):
            return None
        key = f"account {name} {public_key}"  # with blanks: no caller's Idempotency-Key is like it
        try:
            return self._performer.submit(key, calls)
        except Refused:
            self._performer.forget_refusal(key)  # its cause may be gone the next time; the name guards against two
            if self._is_there(name, public_key):
                return None
            raise

    def _is_there(self, name: str, public_key: str) -> bool:
        try:
            account = self._chain.account(name)
        except NotFound:
            return False
        if not is_keyed(account, "active", public_key):
            raise AccountTaken(name)
        return True
