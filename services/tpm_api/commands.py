"""The commands that the service gives its TPM; each is a function for `Tpm.run`.

tpm2-pytss gives views that do not keep what they look at alive: the object that a command returned is always bound to a
name first, and its parts are read while it lives.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from tpm2_pytss import (
    ESYS_TR,
    TPM2_ALG,
    TPM2_CC,
    TPM2_PT,
    TPM2_RH,
    TPM2_SE,
    TPM2_ST,
    TPM2B_PUBLIC,
    TPM2B_SENSITIVE_CREATE,
    TPMA_OBJECT,
    TPMS_SENSITIVE_CREATE,
    TPMT_SIG_SCHEME,
    TPMT_SYM_DEF,
    TPMT_TK_HASHCHECK,
)

from services.tpm_api.tpm import TpmSession

FIRST_HANDLE: Final = 0x81010010
MAX_KEYS: Final = 8
_QUOTED_PCRS: Final = "sha256:0,1,2,3,4,5,6,7"
_RANDOM_CHUNK: Final = 32
_NULL_SCHEME: Final = TPMT_SIG_SCHEME(scheme=TPM2_ALG.NULL)  # the key's own: ECDSA with SHA-256
_NULL_TICKET: Final = TPMT_TK_HASHCHECK(tag=TPM2_ST.HASHCHECK, hierarchy=TPM2_RH.NULL)  # an unrestricted key wants none

_HELD_FAST: Final = TPMA_OBJECT.FIXEDTPM | TPMA_OBJECT.FIXEDPARENT | TPMA_OBJECT.SENSITIVEDATAORIGIN
_STORAGE: Final = (
    _HELD_FAST | TPMA_OBJECT.USERWITHAUTH | TPMA_OBJECT.NODA | TPMA_OBJECT.RESTRICTED | TPMA_OBJECT.DECRYPT
)
# NODA: the value is long and random, nobody guesses it; and a crash of the TPM never counts as a guess.
SIGNING: Final = (
    _HELD_FAST | TPMA_OBJECT.USERWITHAUTH | TPMA_OBJECT.ADMINWITHPOLICY | TPMA_OBJECT.NODA | TPMA_OBJECT.SIGN_ENCRYPT
)
ATTESTING: Final = SIGNING | TPMA_OBJECT.RESTRICTED


def _policy(*steps: tuple[int, ...]) -> bytes:
    """The digest of a policy (TPM 2.0 Library, Part 3, 23): each step's command code with its numbers, in a chain."""
    digest = bytes(32)
    for step in steps:
        digest = hashlib.sha256(digest + b"".join(number.to_bytes(4, "big") for number in step)).digest()
    return digest


ADMIN_POLICY: Final = _policy((int(TPM2_CC.PolicyAuthValue),), (int(TPM2_CC.PolicyCommandCode), int(TPM2_CC.Certify)))
"""What a key is made under: with its authorisation value it may be certified, and nothing else done to it."""


@dataclass(frozen=True)
class Attested:
    """What a restricted key says (TPMS_ATTEST) with its ECDSA signature over the SHA-256 of it."""

    message: bytes
    r: int
    s: int


def storage_root(session: TpmSession) -> Any:
    """The key that all others hang on: the same each time, made anew from the TPM's seed. Whoever asks flushes it."""
    root, _public, _data, _hash, _ticket = session.esapi.create_primary(
        TPM2B_SENSITIVE_CREATE(), TPM2B_PUBLIC.parse("ecc256:aes128cfb", objectAttributes=_STORAGE, nameAlg="sha256")
    )
    return root


def make_persistent(session: TpmSession, *, auth: str, handle: int, attributes: Any, before: Any) -> None:
    """Make a P-256 key under the storage root and `ADMIN_POLICY`, and keep it at `handle`.

    `before(public_area, point)` is called before it becomes persistent, with the TPM2B_PUBLIC and the point's x and y.
    """
    esapi = session.esapi
    root, key = storage_root(session), None
    try:
        private, public, _data, _hash, _ticket = esapi.create(
            root,
            TPM2B_SENSITIVE_CREATE(TPMS_SENSITIVE_CREATE(userAuth=auth.encode())),
            TPM2B_PUBLIC.parse(
                "ecc256:ecdsa-sha256:null", objectAttributes=attributes, nameAlg="sha256", authPolicy=ADMIN_POLICY
            ),
        )
        key = esapi.load(root, private, public)
        unique = public.publicArea.unique.ecc
        before(public.marshal(), (int.from_bytes(bytes(unique.x), "big"), int.from_bytes(bytes(unique.y), "big")))
        esapi.evict_control(ESYS_TR.OWNER, key, handle)
    finally:
        if key is not None:
            esapi.flush_context(key)
        esapi.flush_context(root)


def remove(session: TpmSession, handle: int) -> None:
    """Take a persistent object out of the TPM."""
    esapi = session.esapi
    esapi.evict_control(ESYS_TR.OWNER, esapi.tr_from_tpmpublic(handle), handle)


def public_area(session: TpmSession, handle: int) -> bytes | None:
    """The public area (TPM2B_PUBLIC) of the persistent object at `handle`, None when there is none."""
    if handle not in session.handles(handle, 1):
        return None
    opened = session.esapi.tr_from_tpmpublic(handle)
    try:
        public, _name, _qualified = session.esapi.read_public(opened)
        return bytes(public.marshal())
    finally:
        session.esapi.tr_close(opened)


def sign(session: TpmSession, key: Any, digest: bytes) -> tuple[int, int]:
    """(r, s) of the ECDSA signature over a 32-byte digest."""
    return _r_s(session.esapi.sign(key, digest, _NULL_SCHEME, _NULL_TICKET))


def quote(session: TpmSession, attesting_key: Any, nonce: bytes) -> Attested:
    """The platform's state (PCRs 0-7) with `nonce` in it (TPM2_Quote)."""
    message, signature = session.esapi.quote(attesting_key, _QUOTED_PCRS, nonce, _NULL_SCHEME)
    return Attested(bytes(message), *_r_s(signature))


def certify(session: TpmSession, key: Any, attesting_key: Any, nonce: bytes) -> Attested:
    """That `key` is in this TPM, by its name, with `nonce` in it (TPM2_Certify)."""
    with _as_administrator(session, key) as allowed:
        message, signature = session.esapi.certify(key, attesting_key, nonce, _NULL_SCHEME, session1=allowed)
        return Attested(bytes(message), *_r_s(signature))


@contextmanager
def _as_administrator(session: TpmSession, key: Any) -> Iterator[Any]:
    """What allows TPM2_Certify of `key`: its policy, or for a key of an earlier version its value alone."""
    esapi = session.esapi
    public, _name, _qualified = esapi.read_public(key)
    if not int(public.publicArea.objectAttributes) & int(TPMA_OBJECT.ADMINWITHPOLICY):
        yield ESYS_TR.PASSWORD
        return
    plain = TPMT_SYM_DEF(algorithm=TPM2_ALG.NULL)
    allowed = esapi.start_auth_session(ESYS_TR.NONE, ESYS_TR.NONE, TPM2_SE.POLICY, plain, TPM2_ALG.SHA256)
    try:
        esapi.policy_auth_value(allowed)
        esapi.policy_command_code(allowed, TPM2_CC.Certify)
        yield allowed
    finally:
        esapi.flush_context(allowed)


def random_bytes(session: TpmSession, count: int) -> bytes:
    """`count` bytes of the TPM's random number generator; it gives some at a time."""
    out = b""
    while len(out) < count:
        part = session.esapi.get_random(min(_RANDOM_CHUNK, count - len(out)))
        out += bytes(part)
    return out


def state_in_words(session: TpmSession) -> str:
    """One line for the health route."""
    manufacturer = session.property(TPM2_PT.MANUFACTURER).to_bytes(4, "big").rstrip(b"\0 ").decode("ascii", "replace")
    return f"TPM of {manufacturer}, lock-out counter {session.property(TPM2_PT.LOCKOUT_COUNTER)}"


def _r_s(signature: Any) -> tuple[int, int]:
    """From TPMT_SIGNATURE: algorithm and hash, then r and s, each with its size in front (two bytes each)."""
    raw = bytes(signature.marshal())
    r_end = 6 + int.from_bytes(raw[4:6], "big")
    return int.from_bytes(raw[6:r_end], "big"), int.from_bytes(raw[r_end + 2 :], "big")
