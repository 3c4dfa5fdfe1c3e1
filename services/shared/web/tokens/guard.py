"""Who may call a route: `@groups` says it, the guard asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, g, request
from werkzeug.exceptions import MethodNotAllowed

from services.shared.web.auth import bearer_token
from services.shared.web.problems import Problem
from services.shared.web.tokens.verifier import GROUPS, Caller, TokenVerifier

F = TypeVar("F", bound=Callable[..., Any])

SERVICE = "service"
"""Stands in `@groups` for another service of ours."""
ANYONE = "anyone"
"""Stands in `@groups` for a route that asks for no token."""


def groups(*allowed: str) -> Callable[[F], F]:
    """Says who may call a route: groups of the pool (one of them is enough), SERVICE, or ANYONE (no token asked for).

    Stands on a resource's method; the service's document shows it as `x-groups`.
    """
    unknown = set(allowed) - {*GROUPS, SERVICE, ANYONE}
    if unknown or not allowed:
        raise ValueError(f"{sorted(unknown)} are no groups")

    def mark(view: F) -> F:
        marked: Any = view
        marked.tbi_groups = frozenset(allowed)
        shown = dict(getattr(view, "__apidoc__", None) or {})
        shown["vendor"] = {**shown.get("vendor", {}), "x-groups": sorted(allowed)}
        if ANYONE in allowed:
            shown["security"] = []
        marked.__apidoc__ = shown
        return view

    return mark


class TokenGuard:
    """Lets pass who shows a token of the pool and is in a group that the route allows (see `groups`)."""

    description = "A token of the identity provider: 'Bearer <access or id token>'."

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier

    def check(self) -> None:
        """Let the request pass and remember its caller, or raise Problem 401, 403 or 503."""
        allowed = _allowed_here()
        if ANYONE in allowed:
            return
        found = g.tbi_signed_in = self._verifier.verify(bearer_token())
        if (SERVICE in allowed) if found.service is not None else bool(allowed & found.groups):
            g.tbi_caller = found
            return
        named = ", ".join(sorted(allowed)) or "nobody"
        raise Problem(403, f"This is not allowed to {found.username}; it is allowed to: {named}.")


def caller() -> Caller:
    """Who calls, in a route that a TokenGuard let pass."""
    found: Caller = g.tbi_caller
    return found


def signed_in() -> Caller | None:
    """Whose token the request at hand has shown, also where the guard did not let it pass."""
    found: Caller | None = g.get("tbi_signed_in")
    return found


def method_here() -> Any:
    """The resource's method (or the view) that answers the request at hand, with what decorators noted at it.

    Raises MethodNotAllowed.
    """
    view: Any = current_app.view_functions.get(request.endpoint or "")
    view = getattr(view, "view_class", view)
    name = "get" if request.method == "HEAD" else request.method.lower()
    method = getattr(view, name, None)
    if method is None and hasattr(view, "methods"):
        raise MethodNotAllowed(valid_methods=sorted(view.methods or []))
    return method or view


def _allowed_here() -> frozenset[str]:
    """Who may call the route at hand; nobody, when the route does not say."""
    found: frozenset[str] = getattr(method_here(), "tbi_groups", frozenset())
    return found
