"""Who may give this box orders."""

from __future__ import annotations

from werkzeug.datastructures import Headers

OWNER = "owner"


def ordering_user(headers: Headers) -> str:  # noqa: ARG001 - read as soon as there is a token to verify
    """The user whose order this is. Raises Problem 401 or 403.

    The one place where the user's own token will be verified (JWKS; its subject was bound to the box when it was
    provisioned), so that a call forged on the server side is refused. Until tokens exist, the box's secret, which the
    guard has asked for, stands for its owner.
    """
    return OWNER
