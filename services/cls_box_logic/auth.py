"""Who may call this box, and who may give it orders.

The box's own parts show its secret, the cloud side a service token of the background manager; nobody else passes. That
is not enough for an order: it carries its user's own token besides, which this box verifies itself. So whoever takes
over the cloud side orders nothing in the name of somebody who is not signed in.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from typing import Any, TypeVar

from werkzeug.datastructures import Headers

from services.shared.web import Problem
from services.shared.web.auth import bearer_token
from services.shared.web.tokens import Caller, TokenVerifier, method_here

F = TypeVar("F", bound=Callable[..., Any])

CLOUD = "background-manager-logic"
"""The one service of the cloud side that calls boxes."""
USER_TOKEN = "X-User-Token"  # noqa: S105 - a header's name
OWNERS_GROUP = "User"


def cloud_may(view: F) -> F:
    """Lets the cloud side call a route, too; without this mark only the box's own parts may.

    The service's document shows it as `x-callers`.
    """
    return _marked(view, ["box", CLOUD])


def box_only(view: F) -> F:
    """Says of a route that the cloud side may not call it."""
    return _marked(view, ["box"])


def _marked(view: F, callers: list[str]) -> F:
    marked: Any = view
    marked.tbi_callers = frozenset(callers)
    shown = dict(getattr(view, "__apidoc__", None) or {})
    shown["vendor"] = {**shown.get("vendor", {}), "x-callers": callers}
    marked.__apidoc__ = shown
    return view


class BoxGuard:
    """Lets pass who knows the box's secret, and the cloud side where a route says so (see `cloud_may`)."""

    description = f"'Bearer <box secret>' of the box's own parts, or 'Bearer <service token>' of {CLOUD}."

    def __init__(self, secret: str, verifier: TokenVerifier) -> None:
        self._secret = secret.encode()
        self._verifier = verifier

    def check(self) -> None:
        """Let the request pass, or raise Problem 401, 403 or 503."""
        shown = bearer_token()
        if hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), self._secret):
            return
        found = self._verifier.verify(shown)
        allowed: frozenset[str] = getattr(method_here(), "tbi_callers", frozenset())
        if found.service is not None and found.service in allowed:
            return
        named = " and ".join(["the box's own parts", *sorted(allowed - {"box"})])
        raise Problem(
            403,
            f"This is not allowed to {found.username}; it is allowed to: {named}.",
            errors={"Authorization": "is not one of those"},
        )


class Owner:
    """The user whose orders this box takes: `sub` gives the subject that is bound to it, or None."""

    def __init__(
        self,
        verifier: TokenVerifier,
        sub: Callable[[], str | None],
        *,
        max_age_s: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._verifier = verifier
        self._sub = sub
        self._max_age_s = max_age_s
        self._clock = clock

    def check(self, headers: Headers) -> None:
        """Take an order's user for its owner, or raise Problem 401 (no token, a bad one, one that is too old), 403
        (another's, or nobody is bound) or 503 (no key of the identity provider's is known).
        """
        shown = headers.get(USER_TOKEN, "").strip()
        if not shown:
            raise _not_taken("there is none; an order carries its user's own token in this header")
        found = self._verified(shown)
        age_s = int(self._clock()) - found.issued_at
        if age_s > self._max_age_s:
            raise _not_taken(
                f"it was issued {age_s} s ago, and this box takes orders up to {self._max_age_s} s after that; sign in "
                "again, or refresh it"
            )
        if OWNERS_GROUP not in found.groups:
            raise Problem(403, f"Orders are given by members of the group {OWNERS_GROUP}; {found.username} is none.")
        owner = self._sub()
        if owner is None:
            raise Problem(403, "This box is bound to no owner yet; an administrator registers its account, then it is.")
        if found.sub != owner:
            raise Problem(403, f"This box takes orders of its owner only, and {found.username} is another user.")

    def _verified(self, token: str) -> Caller:
        try:
            found = self._verifier.verify(token)
        except Problem as problem:
            if problem.status != 401:
                raise
            raise _not_taken(problem.detail.partition(": ")[2].rstrip(".")) from problem
        if found.service is not None:
            raise _not_taken("it is a service's; show the one of the user who gives the order")
        return found


def _not_taken(reason: str) -> Problem:
    """401 with the challenge that HTTP asks for, and the header's name under `errors`."""
    return Problem(
        401,
        f"The user's token in {USER_TOKEN} is not taken: {reason}.",
        errors={USER_TOKEN: reason},
        headers={"WWW-Authenticate": "Bearer"},
    )
