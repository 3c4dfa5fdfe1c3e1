"""Has the TPM sign the journal's head now and then, and makes room in the journal."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from services.cls_box_logic.domain.hash_chain import Entry
from services.cls_box_logic.errors import JournalFull, TpmAway, TpmWrong
from services.cls_box_logic.inbox import Inbox
from services.cls_box_logic.journal import Journal

_log = logging.getLogger(__name__)

LOOK_S = 5.0
SIGN_AFTER_MS = 60_000
SIGN_AFTER_ENTRIES = 100
"""A head is signed a minute after the last one, or after so many entries: what a thief of the disk could write anew."""

_READINGS = ("event", "measured", "missing", "sent", "refused")


class Signer(Protocol):
    """The TPM API, as far as the notary needs it."""

    def sign_journal(self, head: bytes) -> tuple[str, str]:
        """Signature and public key. Raises TpmAway, TpmWrong."""


class Notary:
    """Runs in a thread of the service. What cannot be signed now is signed with a later head: the chain covers it."""

    def __init__(self, journal: Journal, inbox: Inbox, signer: Signer, clock_ms: Callable[[], int]) -> None:
        self._journal = journal
        self._inbox = inbox
        self._signer = signer
        self._clock_ms = clock_ms
        self._signed_ms = 0
        self._trouble: str | None = None
        self._alarm: str | None = None

    @property
    def trouble(self) -> str | None:
        """Why the last head could not be signed."""
        return self._trouble

    def run(self, stopped: threading.Event) -> None:
        """Looks every LOOK_S until `stopped` is set, and once more at the end."""
        while not stopped.wait(LOOK_S):
            self.look()
        self.look(at_once=True)

    def look(self, *, at_once: bool = False) -> None:
        """Signs the head when it is due, removes what has done its work, and says in the log when room runs out."""
        state = self._journal.state()
        waiting = state.last - state.signed
        is_recent = 0 <= self._clock_ms() - self._signed_ms < SIGN_AFTER_MS  # not so when the clock went back
        due = at_once or waiting >= SIGN_AFTER_ENTRIES or not is_recent
        if waiting and due:
            self._sign()
        if removed := self._journal.tidy(self.is_done):
            _log.info("%d old entries of the journal were removed", removed)
        if (alarm := self._journal.state().trouble) != self._alarm:
            _log.log(logging.INFO if alarm is None else logging.ERROR, "%s", alarm or "the journal has room again")
            self._alarm = alarm

    def is_done(self, entry: Entry) -> bool:
        """Whether nothing waits for what an entry tells: a slot's delivery has ended."""
        if entry.kind not in _READINGS or entry.market is None or entry.slot is None:
            return True
        return not self._inbox.is_open(entry.market, entry.slot)

    def _sign(self) -> None:
        seq, head = self._journal.head()
        try:
            signature, public_key = self._signer.sign_journal(head)
        except (TpmAway, TpmWrong) as error:
            if self._trouble is None:
                _log.warning("the journal's head %d is not signed: %s", seq, error)
            self._trouble = str(error)
            return
        try:
            self._journal.add_head(seq, head, signature, public_key)
        except JournalFull as error:
            self._trouble = str(error)
            return
        self._signed_ms, self._trouble = self._clock_ms(), None
