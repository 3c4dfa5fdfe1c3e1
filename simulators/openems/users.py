"""Who may do what: OpenEMS' users and roles, HTTP Basic."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass

ADMIN, INSTALLER, OWNER, GUEST = 0, 1, 2, 3
ROLE_NAMES = {ADMIN: "ADMIN", INSTALLER: "INSTALLER", OWNER: "OWNER", GUEST: "GUEST"}


@dataclass(frozen=True, slots=True)
class User:
    name: str
    password: str
    role: int


DEFAULT_USERS = (
    User("admin", "admin", ADMIN),
    User("installer", "installer", INSTALLER),
    User("owner", "owner", OWNER),
    User("guest", "user", GUEST),
)


def users(owner_password: str | None) -> tuple[User, ...]:
    """OpenEMS' default users; with a password given, only an owner who has it."""
    return DEFAULT_USERS if owner_password is None else (User("owner", owner_password, OWNER),)


def authenticate(known: tuple[User, ...], authorization: str | None) -> User | None:
    """The user of an Authorization header: by name and password first, then by the password alone."""
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    if not colon:
        return None
    fits = [user for user in known if hmac.compare_digest(user.password.encode(), password.strip().encode())]
    named = [user for user in fits if user.name == name.strip()]
    return next(iter(named or fits), None)
