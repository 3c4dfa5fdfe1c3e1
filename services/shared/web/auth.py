"""Who may call: guards that a service puts before its routes.

The box secret is the first of them. The verification of tokens (JWT, the pool's JWKS) joins as another class with the
same two methods, here, and `create_service(guard=...)` takes it without a change to any route.
"""

import hmac
import os
import secrets
import stat
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar

from flask import request

from services.shared.web.config import ConfigurationError
from services.shared.web.problems import Problem

P = ParamSpec("P")
R = TypeVar("R")

_MIN_SECRET_CHARACTERS = 32


class Guard(Protocol):
    """Decides whether the request at hand may pass."""

    description: str
    """For the service's document: what the header Authorization carries."""

    def check(self) -> None:
        """Let the request pass, or raise Problem (401 no or bad token, 403 not allowed)."""


class BoxSecretGuard:
    """Lets pass who knows the box's secret: the services of the same box."""

    description = "The box's secret: 'Bearer <box secret>'."

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def check(self) -> None:
        """Raise Problem 401 unless the bearer token is the box's secret (compared in constant time)."""
        if not hmac.compare_digest(bearer_token().encode("utf-8", "surrogateescape"), self._secret):
            raise unauthorized("The token is not this box's secret.")

    def required(self, view: Callable[P, R]) -> Callable[P, R]:
        """Decorator for a single view, where a service guards only some of its routes."""

        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            self.check()
            return view(*args, **kwargs)

        return guarded


def box_secret_required(secret_file: Path) -> BoxSecretGuard:
    """The guard of the box whose secret stands in `secret_file`. Raises ConfigurationError."""
    return BoxSecretGuard(read_box_secret(secret_file))


def bearer_token() -> str:
    """The bearer token of the request at hand, or Problem 401."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthorized("A bearer token is needed in the header Authorization.")
    return token.strip()


def unauthorized(detail: str) -> Problem:
    """401 with the challenge that HTTP asks for."""
    return Problem(401, detail, headers={"WWW-Authenticate": "Bearer"})


def read_box_secret(secret_file: Path, variable: str = "TBI_BOX_SECRET_FILE") -> str:
    """The secret in `secret_file`, which only its owner may read and which `variable` names.

    Raises ConfigurationError.
    """
    try:
        mode = secret_file.stat().st_mode
        secret = secret_file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"{variable}: {secret_file} cannot be read ({error.__class__.__name__}); "
            "it should hold the secret, one line, mode 0600"
        ) from error
    if stat.S_IMODE(mode) & 0o077:
        raise ConfigurationError(f"{variable}: others may read {secret_file}; correct it with: chmod 600 {secret_file}")
    if len(secret) < _MIN_SECRET_CHARACTERS or any(character.isspace() for character in secret):
        raise ConfigurationError(
            f"{variable}: {secret_file} should hold one token of at least {_MIN_SECRET_CHARACTERS} characters"
        )
    return secret


def create_box_secret(secret_file: Path) -> str:
    """Make a new secret in `secret_file` (mode 0600; an existing file is kept and read)."""
    try:
        descriptor = os.open(secret_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_box_secret(secret_file)
    secret = secrets.token_urlsafe(32)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secret + "\n")
        file.flush()
        os.fsync(file.fileno())
    return secret
