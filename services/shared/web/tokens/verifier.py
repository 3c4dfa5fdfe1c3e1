"""Whose token it is: signature, issuer, client, kind and times."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jose import JWTError, jwt
from jose.exceptions import ExpiredSignatureError, JWTClaimsError

from services.shared.web.config import ConfigurationError
from services.shared.web.problems import Problem
from services.shared.web.tokens.keys import ALGORITHM, JwksUnavailable, KeySet, jwks_at

GROUPS = ("Admin", "User", "EVU")

_LEEWAY_S = 30
_SECOND_FACTOR = "tbi_second_factor"  # as in services/shared/second_factor, whose library a box does not install
_SECOND_FACTORS = ("fido2", "machine")
_MAX_TOKEN_CHARACTERS = 8192
_SEEN_MOST = 1024
_OPTIONS = {
    "leeway": _LEEWAY_S,
    "verify_aud": False,  # which of `aud` and `client_id` counts depends on token_use: _client_of
    "verify_at_hash": False,  # it binds an id token to an access token that is not at hand here
    "require_exp": True,
    "require_iat": True,
    "require_iss": True,
    "require_sub": True,
}


@dataclass(frozen=True)
class Pool:
    """Whose tokens count. `services`: client id -> name of the service that has it."""

    issuer: str
    jwks_url: str
    client_ids: frozenset[str]
    services: Mapping[str, str] = field(default_factory=dict)
    service_scope: str = "tbi/service"
    second_factor_required: bool = False


def read_pool(file: Path) -> Pool:
    """The pool that a file describes (`identity.json`, its shape as deploy/local/identity writes it).

    Raises ConfigurationError.
    """
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return Pool(
            issuer=str(told["issuer"]),
            jwks_url=str(told["jwks_url"]),
            client_ids=frozenset(str(told[name]) for name in ("portal_client_id", "machine_client_id")),
            services={str(client): str(name) for name, client in told["service_client_ids"].items()},
            service_scope=str(told["service_scope"]),
            second_factor_required=told.get("second_factor", "optional") != "optional",
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"TBI_IDENTITY_FILE: {file} does not describe a pool ({type(error).__name__}: {error}); it holds issuer, "
            "jwks_url, portal_client_id, machine_client_id, service_client_ids, service_scope"
        ) from error


@dataclass(frozen=True)
class Caller:
    """Who calls. A service has its name in `service`, no groups and no e-mail; `token` is what he showed, made at
    `issued_at` (seconds since the epoch).

    `email` and `attributes` (`custom:...`) stand in id tokens only. `second_factor`: what was shown beside the
    password, as services/shared/second_factor names it.
    """

    sub: str
    username: str
    groups: frozenset[str]
    token_use: str
    token: str = field(repr=False)
    email: str | None = None
    service: str | None = None
    issued_at: int = 0
    attributes: Mapping[str, str] = field(default_factory=dict)
    second_factor: str | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    """A token that was verified: it holds until it expires, as long as the pool's key is the same."""

    kid: str
    key: Any
    expires: float
    caller: Caller


class TokenVerifier:
    """Verifies tokens of one pool. `uses`: which kinds of a user's token count."""

    def __init__(
        self, pool: Pool, keys: KeySet | None = None, *, uses: frozenset[str] = frozenset({"access", "id"})
    ) -> None:
        self._pool = pool
        self._keys = keys or KeySet(jwks_at(pool.jwks_url))
        self._uses = uses
        self._seen: dict[str, _Seen] = {}

    def verify(self, token: str) -> Caller:
        """Whose token this is. Raises Problem 401 with the reason, or 503 while the pool's keys cannot be read."""
        if len(token) > _MAX_TOKEN_CHARACTERS:
            raise refused("it is too long")
        seen = self._seen.get(token)
        if seen is not None and seen.expires > time.time() and self._keys.find(seen.kid) is seen.key:
            return seen.caller
        kid, key = self._key_for(token)
        claims = self._claims(token, key)
        caller = self._caller(token, claims)
        if len(self._seen) >= _SEEN_MOST:
            self._seen = {}
        self._seen[token] = _Seen(kid, key, claims["exp"], caller)
        return caller

    def _caller(self, token: str, claims: Mapping[str, Any]) -> Caller:
        use = claims.get("token_use")
        use = use if isinstance(use, str) else ""
        if use not in self._uses and use != "access":
            raise refused("it is of a kind that is not taken here; show the access token")
        client = _client_of(claims, use)
        if client in self._pool.services:
            return self._service(claims, client, use, token)
        if use not in self._uses:
            raise refused("it is of a kind that is not taken here; show the id token")
        if client not in self._pool.client_ids:
            raise refused("it was made for another client")
        found = _user(claims, use, token)
        if self._pool.second_factor_required and found.second_factor is None:
            raise lacks_second_factor()
        return found

    def _key_for(self, token: str) -> tuple[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
        except JWTError as error:
            raise refused("it is no JWT") from error
        if header.get("alg") != ALGORITHM or "crit" in header:
            raise refused(f"it is not signed with {ALGORITHM}")
        kid = header.get("kid")
        if not isinstance(kid, str) or not 0 < len(kid) <= 256:
            raise refused("it names no key")
        try:
            key = self._keys.find(kid)
        except JwksUnavailable as error:
            raise Problem(
                503, "The identity provider's keys cannot be read at the moment; try again.", retry_after_s=10
            ) from error
        if key is None:
            raise refused("it names a key that the identity provider does not have")
        return kid, key

    def _claims(self, token: str, key: Any) -> dict[str, Any]:
        try:
            claims = jwt.decode(token, key, algorithms=[ALGORITHM], issuer=self._pool.issuer, options=_OPTIONS)
        except ExpiredSignatureError as error:
            raise refused("it has expired; sign in again, or refresh it") from error
        except JWTClaimsError as error:
            raise refused("its issuer, subject or times do not fit") from error
        except JWTError as error:
            raise refused("its signature or its claims are not valid") from error
        if not _whole(claims.get("iat")) or claims["iat"] > time.time() + _LEEWAY_S:
            raise refused("it was made in the future")
        return dict(claims)

    def _service(self, claims: Mapping[str, Any], client: str, use: str, token: str) -> Caller:
        if use != "access" or self._pool.service_scope not in str(claims.get("scope", "")).split():
            raise refused("it does not carry the scope of a service")
        name = self._pool.services[client]
        return Caller(client, name, frozenset(), use, token, service=name, issued_at=claims["iat"])


def _client_of(claims: Mapping[str, Any], use: str) -> str:
    """`client_id` of an access token, `aud` of an id token (Cognito has no other way)."""
    client = claims.get("client_id") if use == "access" else claims.get("aud")
    return client if isinstance(client, str) else ""


def _user(claims: Mapping[str, Any], use: str, token: str) -> Caller:
    named = claims.get("username") if use == "access" else claims.get("cognito:username")
    groups_claim = claims.get("cognito:groups", [])
    if not isinstance(named, str) or not isinstance(groups_claim, list) or not claims["sub"]:
        raise refused("it does not say whose it is")
    email, second = claims.get("email"), claims.get(_SECOND_FACTOR)
    return Caller(
        sub=claims["sub"],
        username=named,
        groups=frozenset(group for group in groups_claim if group in GROUPS),
        token_use=use,
        token=token,
        email=email if isinstance(email, str) else None,
        issued_at=claims["iat"],
        attributes={name: str(value) for name, value in claims.items() if name.startswith("custom:")},
        second_factor=second if second in _SECOND_FACTORS else None,
    )


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def refused(reason: str) -> Problem:
    """401 with the reason, and the challenge of RFC 6750."""
    challenge = f'Bearer error="invalid_token", error_description="{reason}"'
    return Problem(401, f"The token is not accepted: {reason}.", headers={"WWW-Authenticate": challenge})


def lacks_second_factor() -> Problem:
    """401 as RFC 9470 has it: whoever shows a token without the second factor signs in again, with it."""
    reason = "it was made without the second factor that is required here; sign in with your security key"
    challenge = f'Bearer error="insufficient_user_authentication", error_description="{reason}"'
    return Problem(401, f"The token is not accepted: {reason}.", headers={"WWW-Authenticate": challenge})
