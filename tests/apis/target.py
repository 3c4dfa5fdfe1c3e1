"""A service that runs, as tests of its interface see it: where it is, who calls it, and which ids are real."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
import waitress
from flask import Flask

from services.shared.web.tokens import ANYONE, SERVICE
from tests.apis.document import Operation
from tests.integration.identity.pool import Identity

NOBODY, FORGER, BOX, OTHER = "no token", "bad token", "box secret", "another service"
USERS = {"Admin": "admin", "User": "seller", "EVU": "evu"}
SERVICES = {SERVICE: "background-manager-logic", OTHER: "mastr-connector"}
KINDS = (NOBODY, FORGER, *USERS, *SERVICES, BOX)
USER_TOKEN = "X-User-Token"
BOX_ONLY = frozenset({"tpm_api"})
"""Services whose one caller is who knows the box's secret; their documents name no groups."""

_RENEW_S = 1200


def allowed(operation: Operation) -> frozenset[str]:
    """The kinds of callers that a route lets pass, by its document; nobody, where it says nothing."""
    if ANYONE in operation.groups:
        return frozenset(KINDS)
    if operation.service in BOX_ONLY:
        return frozenset({BOX})
    names = {"box": BOX, **{name: kind for kind, name in SERVICES.items()}}
    services = SERVICES if SERVICE in operation.groups else {}
    return operation.groups | {*services} | {names[caller] for caller in operation.callers}


def passing(operation: Operation) -> list[str]:
    """Those of them that a test calls as: users before services; nobody, where no token is asked for."""
    if ANYONE in operation.groups:
        return [NOBODY]
    return [kind for kind in KINDS if kind in allowed(operation)]


class Callers:
    """Who calls: headers by kind, with tokens that the emulation really signed."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._made: dict[str, tuple[float, str]] = {}

    def headers(self, kind: str) -> dict[str, str]:
        """`kind` is one of KINDS, but for the box's own secret."""
        if kind == NOBODY:
            return {}
        token = forged(self.token("Admin")) if kind == FORGER else self.token(kind)
        return {"Authorization": f"Bearer {token}"}

    def token(self, kind: str) -> str:
        """A token that holds for a while; of a kind of caller, or of a user of the demonstration."""
        at, token = self._made.get(kind, (float("-inf"), ""))
        if time.monotonic() - at > _RENEW_S:
            token = self._fetch(kind)
            self._made[kind] = time.monotonic(), token
        return token

    def _fetch(self, kind: str) -> str:
        if kind in SERVICES:
            return self._identity.service_token(SERVICES[kind])
        return self._identity.tokens(USERS.get(kind, kind))["AccessToken"]


def forged(token: str) -> str:
    """The same claims, with a signature that is not the pool's."""
    head, claims, signature = token.split(".")
    return f"{head}.{claims}.{signature[::-1]}"


@dataclass
class Target:
    """`root` is scheme, host and port. `known`: real values by the name of their parameter or field.

    `secret` is the box's, where the service has one; elsewhere a caller of the kind BOX shows nobody's. `owner`: at a
    box, the user whose token goes with his orders.
    """

    service: str
    root: str
    callers: Callers
    known: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    secret: str = "x" * 43
    owner: str = ""

    def __post_init__(self) -> None:
        self.http = requests.Session()
        self.http.trust_env = False

    def headers(self, kind: str) -> dict[str, str]:
        """What a caller shows: the header Authorization, and at a box its owner's own token."""
        own = {"Authorization": f"Bearer {self.secret}"} if kind == BOX else self.callers.headers(kind)
        return {**own, USER_TOKEN: self.callers.token(self.owner)} if self.owner else own

    def call(self, kind: str, method: str, path: str, **more: Any) -> requests.Response:
        """An answer whose body is not read yet: some never end. Close it."""
        headers = {**self.headers(kind), **more.pop("headers", {})}
        return self.http.request(
            method, self.root + path, headers=headers, timeout=60, stream=True, allow_redirects=False, **more
        )


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application behind the server that services have; gives its root."""
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.close()
        thread.join(5)
