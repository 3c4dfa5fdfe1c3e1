"""Security keys as second factor: who registers one, who takes one back, and what the sign-in asks of them.

Once a user has a key, each of his sessions has shown one: with the first key all sessions of before end.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from services.background_manager_logic.errors import Conflict, IdentitySilent, IdentityWrong, NotOwn, Unfit, Unknown
from services.background_manager_logic.ports import PoolPort
from services.background_manager_logic.security_key_store import KeptKey, SecurityKeyStore
from services.shared.second_factor import BadAnswer, NewKey, Question, RelyingParty, SecurityKey

MOST_KEYS: Final = 10
MOST_TRIES: Final = 5
_CODE_HOLDS: Final = timedelta(hours=72)
_QUESTION_HOLDS: Final = timedelta(minutes=5)
_LETTERS: Final = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is taken for another
_GROUPS, _GROUP = 3, 4

_audit = logging.getLogger("audit")


@dataclass(frozen=True, slots=True)
class Holder:
    """A signed-in user. `by_key`: whether he has shown a security key."""

    sub: str
    username: str
    by_key: bool


@dataclass(frozen=True, slots=True)
class Code:
    """To be told to the user, once; nobody can read it again."""

    code: str
    expires_at: datetime


class SecurityKeys:
    """`required`: whether everybody must have one."""

    def __init__(
        self,
        store: SecurityKeyStore,
        pool: PoolPort,
        party: RelyingParty,
        *,
        required: bool,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._pool = pool
        self._party = party
        self._clock = clock
        self.required = required

    def of(self, sub: str) -> Sequence[KeptKey]:
        """A user's keys."""
        return self._store.of(sub)

    def options(self, holder: Holder) -> Question:
        """For `navigator.credentials.create`. Raises NotOwn, Conflict."""
        known = self._store.of(holder.sub)
        self._may_change(holder, len(known))
        if len(known) >= MOST_KEYS:
            raise Conflict(f"{MOST_KEYS} security keys are registered, more are not kept; remove one first")
        asked = self._party.ask_for_new(holder.sub, holder.username, [_shared(key) for key in known])
        self._store.keep_question(asked.challenge, holder.sub, self._clock() + _QUESTION_HOLDS)
        return asked

    def register(
        self, holder: Holder, challenge: str, name: str, credential: Mapping[str, Any], code: str | None
    ) -> KeptKey:
        """Raises NotOwn (the code), Unfit, Conflict, IdentitySilent, IdentityWrong."""
        known = self._store.count(holder.sub)
        self._may_change(holder, known)
        if not self._store.take_question(challenge, holder.sub, self._clock()):
            raise Conflict("the registration has expired or was answered already; begin again")
        try:
            made = self._party.registered(challenge, credential)
        except BadAnswer as error:
            raise Unfit("credential", f"does not register a key: {error}") from error
        if known:
            return self._add(holder.sub, name, made)
        return self._first(holder.sub, holder.username, code, name, made)

    def register_at_sign_in(self, sub: str, code: str, name: str, made: NewKey) -> KeptKey:
        """The sign-in has verified the key. Raises NotOwn, Unknown, Conflict, IdentitySilent, IdentityWrong."""
        user = self._pool.user(sub)
        if user is None:
            raise Unknown(f"the identity provider has no user {sub}")
        if self._store.count(sub):
            raise Conflict("a security key is registered already")
        return self._first(sub, user.username, code, name, made)

    def rename(self, holder: Holder, key_id: str, name: str) -> KeptKey:
        """Raises NotOwn, Unknown."""
        self._may_change(holder, 1)
        found = self._store.rename(holder.sub, key_id, name)
        if found is None:
            raise Unknown("there is no such security key")
        return found

    def remove(self, holder: Holder, key_id: str) -> None:
        """Raises NotOwn, Unknown, Conflict."""
        keys = self._store.of(holder.sub)
        self._may_change(holder, len(keys))
        if key_id not in {key.id for key in keys}:
            raise Unknown("there is no such security key")
        if self.required and len(keys) == 1:
            raise Conflict("a security key is required, and this is the last one; register another first")
        if not self._store.remove(holder.sub, key_id):
            raise Unknown("there is no such security key")
        _audit.info("%s removed the security key %s", holder.username, key_id[:12])

    def make_code(self, sub: str, by: str) -> Code:
        """For a user's first key, in place of a code of before. Raises Unknown, Conflict, IdentitySilent."""
        user = self._pool.user(sub)
        if user is None or user.sub != sub:
            raise Unknown(f"the identity provider has no user {sub}")
        if self._store.count(sub):
            raise Conflict("he has a security key, with which he registers others; reset his keys if they are lost")
        letters = [secrets.choice(_LETTERS) for _ in range(_GROUPS * _GROUP)]
        code = "-".join("".join(letters[at : at + _GROUP]) for at in range(0, len(letters), _GROUP))
        made = Code(code, self._clock() + _CODE_HOLDS)
        self._store.keep_code(sub, _hashed(sub, code), made.expires_at)
        _audit.info("%s made a one-time code for the first security key of %s", by, user.username)
        return made

    def reset(self, sub: str, by: Holder) -> int:
        """Take all keys of a user from him; how many. His sessions end. Raises Unknown, Conflict, IdentitySilent."""
        if sub == by.sub:
            raise Conflict("your own keys are reset by another administrator")
        user = self._pool.user(sub)
        if user is None or user.sub != sub:
            raise Unknown(f"the identity provider has no user {sub}")
        self._pool.end_sessions(user.username)
        removed = self._store.remove_all(sub)
        _audit.info("%s reset the %d security keys of %s", by.username, removed, user.username)
        return removed

    def used(self, sub: str, key_id: str, sign_count: int) -> None:
        """A sign-in has verified the key. Raises Conflict: its counter has not risen, or it is gone."""
        if not self._store.note_use(sub, key_id, sign_count, self._clock()):
            _audit.warning("the security key %s of %s was refused: it is gone, or may be copied", key_id[:12], sub)
            raise Conflict("the key is gone, or its counter has not risen")

    def _may_change(self, holder: Holder, known: int) -> None:
        if known and not holder.by_key:
            raise NotOwn("this session has not shown your security key; sign in again with it")

    def _first(self, sub: str, username: str, code: str | None, name: str, made: NewKey) -> KeptKey:
        hashed = self._checked(sub, username, code)
        if not self._store.use_code(sub, hashed):
            raise NotOwn("the one-time code has just been used; ask the administrator for a new one")
        kept = self._add(sub, name, made)
        try:
            self._pool.end_sessions(username)
        except (IdentitySilent, IdentityWrong):
            self._store.remove(sub, kept.id)
            self._store.keep_code(sub, hashed, self._clock() + _CODE_HOLDS)
            raise
        return kept

    def _checked(self, sub: str, username: str, code: str | None) -> str:
        if not code:
            raise NotOwn("the first security key needs a one-time code; ask the administrator")
        known = self._store.try_code(sub, self._clock(), MOST_TRIES)
        if known is None:
            raise NotOwn("there is no one-time code that holds (any more); ask the administrator for a new one")
        hashed = _hashed(sub, code)
        if not hmac.compare_digest(known.hash, hashed):
            left = MOST_TRIES - known.tries
            _audit.warning("%s gave a wrong one-time code, %d tries are left", username, left)
            raise NotOwn(f"the one-time code is not right; {left} tries are left")
        return hashed

    def _add(self, sub: str, name: str, made: NewKey) -> KeptKey:
        kept = KeptKey(made.id, sub, name, made.credential, made.sign_count, self._clock())
        if not self._store.add(kept):
            raise Conflict("this security key is registered already")
        _audit.info("the security key %s was registered for %s", kept.id[:12], sub)
        return kept


def _shared(key: KeptKey) -> SecurityKey:
    return SecurityKey(key.id, key.credential, key.sign_count)


def _hashed(sub: str, code: str) -> str:
    """A code has 59 bits and lives three days: a plain hash is enough, and `sub` keeps it to one user."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(f"{sub}:{plain}".encode()).hexdigest()
