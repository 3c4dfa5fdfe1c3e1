"""Options for `navigator.credentials`, and the verification of what it answers. No state, no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialParameters,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    UserVerificationRequirement,
)

_ES256, _EDDSA, _RS256 = -7, -8, -257
_ALGORITHMS: Final = (_ES256, _EDDSA, _RS256)
_TIMEOUT_MS: Final = 120_000
_VERIFIED: Final = UserVerificationRequirement.REQUIRED


class BadAnswer(Exception):  # noqa: N818 - it says what is
    """What the browser answered does not hold. The text says why, in a few words, and holds nothing secret."""


@dataclass(frozen=True, slots=True)
class SecurityKey:
    """A registered key. `id` and `credential` are base64url; `credential` is WebAuthn's attestedCredentialData
    (AAGUID, id, COSE public key); `sign_count` is the counter that it showed last.
    """

    id: str
    credential: str
    sign_count: int


NewKey = SecurityKey


@dataclass(frozen=True, slots=True)
class Question:
    """`options`: for the browser (JSON, bytes as base64url). `challenge`: to be kept until the answer (base64url)."""

    options: Mapping[str, Any]
    challenge: str


@dataclass(frozen=True, slots=True)
class Used:
    """Which key has answered, and its counter then."""

    id: str
    sign_count: int


class RelyingParty:
    """For whom keys are registered. `rp_id`: the portal's host, without scheme and port; `origins`: where it is opened.

    User verification (PIN, fingerprint) is always asked for: the key alone, found somewhere, is not enough.
    """

    def __init__(self, rp_id: str, origins: Iterable[str]) -> None:
        self._origins = frozenset(origins)
        self._server = Fido2Server(
            PublicKeyCredentialRpEntity(id=rp_id, name="tbiEnergy"), verify_origin=self._origins.__contains__
        )
        self._server.timeout = _TIMEOUT_MS  # type: ignore[assignment] # the library knows it as None only
        self._server.allowed_algorithms = [
            PublicKeyCredentialParameters(type=PublicKeyCredentialType.PUBLIC_KEY, alg=algorithm)
            for algorithm in _ALGORITHMS
        ]

    def ask_for_new(self, user_id: str, username: str, known: Iterable[SecurityKey]) -> Question:
        """A new key, none of those that are known."""
        user = PublicKeyCredentialUserEntity(id=user_id.encode(), name=username, display_name=username)
        options, state = self._server.register_begin(
            user, credentials=[_credential(key) for key in known], user_verification=_VERIFIED
        )
        return Question(dict(options.public_key), state["challenge"])

    def registered(self, challenge: str, answer: Mapping[str, Any]) -> NewKey:
        """The key that an answer registers. Raises BadAnswer."""
        try:
            data = self._server.register_complete(_state(challenge), RegistrationResponse.from_dict(answer))
            found = data.credential_data
            if found is None or found.public_key.get(3) not in _ALGORITHMS:
                raise ValueError("its public key is of a kind that was not asked for")
            return SecurityKey(websafe_encode(found.credential_id), websafe_encode(bytes(found)), data.counter)
        except Exception as error:  # what a stranger sends breaks a parser in more ways than one can list
            raise _bad(error) from error

    def ask(self, keys: Iterable[SecurityKey]) -> Question:
        """One of these keys to sign a fresh challenge."""
        options, state = self._server.authenticate_begin(
            credentials=[_credential(key) for key in keys], user_verification=_VERIFIED
        )
        return Question(dict(options.public_key), state["challenge"])

    def verified(self, challenge: str, keys: Iterable[SecurityKey], answer: Mapping[str, Any]) -> Used:
        """Which of `keys` has signed the challenge here, with its user verified. Raises BadAnswer.

        A counter that does not rise tells of a copied key (WebAuthn 7.2, step 21); keys without a counter show 0.
        """
        known = {key.id: key for key in keys}
        try:
            response = AuthenticationResponse.from_dict(answer)
            found = self._server.authenticate_complete(
                _state(challenge), [_credential(key) for key in known.values()], response
            )
            key, count = known[websafe_encode(found.credential_id)], response.response.authenticator_data.counter
        except Exception as error:  # the same
            raise _bad(error) from error
        if not may_follow(key.sign_count, count):
            raise BadAnswer("the key's counter has not risen: it may have been copied")
        return Used(key.id, count)


def may_follow(before: int, count: int) -> bool:
    """Whether a key that showed the counter `before` may show `count` now."""
    return count > before or count == before == 0


def _credential(key: SecurityKey) -> AttestedCredentialData:
    return AttestedCredentialData(websafe_decode(key.credential))


def _state(challenge: str) -> dict[str, Any]:
    return {"challenge": challenge, "user_verification": _VERIFIED}


def _bad(error: Exception) -> BadAnswer:
    if isinstance(error, ValueError) and len(str(error)) < 120:
        return BadAnswer(str(error).rstrip("."))
    return BadAnswer("it is no answer of a security key")
