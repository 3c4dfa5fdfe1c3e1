"""A person's security key (FIDO2, WebAuthn level 2) as second factor: options for browsers, and what holds.

Who keeps keys (Background-Manager-Logic) and who asks for them at sign-in (lambdas/sign_in) share this, so that both
mean the same by "verified". The cryptography and the formats are Yubico's library `fido2`.
"""

from services.shared.second_factor.webauthn import (
    BadAnswer,
    NewKey,
    Question,
    RelyingParty,
    SecurityKey,
    Used,
)

CLAIM = "tbi_second_factor"
"""The tokens' claim that says what was shown beside the password."""
BY_KEY, BY_MACHINE = "fido2", "machine"
"""Its values: a security key; or nothing, because a machine has signed in."""
MODES = ("optional", "required")
"""TBI_SECOND_FACTOR: who has registered a key must use it; or everybody must have one."""
MACHINES = "Machine"
"""The pool's group of users that are no persons: nobody touches a key for them."""

__all__ = [
    "BY_KEY",
    "BY_MACHINE",
    "CLAIM",
    "MACHINES",
    "MODES",
    "BadAnswer",
    "NewKey",
    "Question",
    "RelyingParty",
    "SecurityKey",
    "Used",
]
