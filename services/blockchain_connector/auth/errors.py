"""What a sign-in may say no with."""

from __future__ import annotations


class LoginRefused(Exception):  # noqa: N818 - the name says what happened
    """Wrong name or password, or an account that cannot sign in. The text says why."""


class ChallengeRequired(Exception):  # noqa: N818 - the name says what happened
    """The pool asks for more than a password. The text is the challenge's name."""


class IdentitySilent(Exception):  # noqa: N818 - the name says what happened
    """The identity provider does not answer, or is overloaded."""


class IdentityWrong(Exception):  # noqa: N818 - the name says what happened
    """The identity provider refused a call that it should take: its configuration or this service's is wrong."""
