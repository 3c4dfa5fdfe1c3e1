"""What a box's TPM says of the key of the box's account, and whether it may be believed.

    key ── TPM2_Certify ──> name of the key's public area  ┐ both signed by the attesting key, which is restricted:
    platform ── TPM2_Quote ──> PCRs 0-7                    ┘ it signs nothing that was made outside of its TPM

Both carry the nonce that the caller chose, so neither is an old one. Formats: TCG TPM 2.0 Library, Part 2 (public areas
12.2, object attributes 8.3, attestation 10.12). The signatures come as r and s, 32 bytes each.

What this proves: whoever holds the attesting key says of himself that he is a TPM, and that the account's key cannot
leave him. That he is a TPM of a known maker would take the maker's certificate of its endorsement key, which a software
TPM does not have; without it the attesting key's own attributes are its word. So that key is kept with the first
registration, and stays the same from then on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from services.shared.chain.keys import r1_public_key

_MAGIC: Final = 0xFF544347  # TPM_GENERATED_VALUE: no restricted key signs foreign data that begins so
_ST_CERTIFY, _ST_QUOTE = 0x8017, 0x8018
_ALG_SHA256, _ALG_NULL, _ALG_ECDSA, _ALG_ECC, _ECC_NIST_P256 = 0x000B, 0x0010, 0x0018, 0x0023, 0x0003
_CLOCK_INFO = 17  # clock, resetCount, restartCount, safe
_PCRS_0_TO_7 = bytes([0xFF, 0, 0])

_CERTIFY_ONLY: Final = hashlib.sha256(
    hashlib.sha256(bytes(32) + bytes.fromhex("0000016b")).digest() + bytes.fromhex("0000016c 00000148")
).digest()
_POLICIES: Final = (_CERTIFY_ONLY, b"")
"""PolicyAuthValue and PolicyCommandCode of TPM2_Certify (Part 3, 23); none, as keys of earlier boxes."""

_HELD_FAST: Final = {1 << 1: "fixedTPM", 1 << 4: "fixedParent", 1 << 5: "sensitiveDataOrigin"}
_RESTRICTED: Final = {1 << 16: "restricted"}
_SIGN: Final = {1 << 18: "sign"}


class AttestationRefused(Exception):  # noqa: N818 - it says what happened
    """It does not prove what it should. The text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A TPMS_ATTEST with its signature: r and s."""

    message: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a box gives; the public areas are TPMT_PUBLIC."""

    quote: Statement
    certification: Statement
    attesting_area: bytes
    certified_area: bytes

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Evidence:
        """From the box's answer (hexadecimal). Raises AttestationRefused."""
        try:
            return cls(
                _statement(told["quote"]),
                _statement(told["certification"]),
                bytes.fromhex(told["attesting_public_area"]),
                bytes.fromhex(told["certified_public_area"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise AttestationRefused(f"it is not complete or not hexadecimal ({error})") from error

    def as_json(self) -> dict[str, str]:
        """To be kept: whoever doubts can verify it again."""
        return {
            "quote": self.quote.message.hex(),
            "quote_signature": self.quote.signature.hex(),
            "certification": self.certification.message.hex(),
            "certification_signature": self.certification.signature.hex(),
            "attesting_public_area": self.attesting_area.hex(),
            "certified_public_area": self.certified_area.hex(),
        }


@dataclass(frozen=True, slots=True)
class Attested:
    """What the evidence proves: the account's key, who vouches for it, and the platform's state."""

    public_key: str
    attesting_key: str
    pcr_digest: str


def verify(evidence: Evidence, nonce: bytes, public_key: str) -> Attested:
    """That `public_key` (PUB_R1_...) is held fast by the TPM that answered to `nonce`. Raises AttestationRefused."""
    attesting = _key_of(evidence.attesting_area, {**_HELD_FAST, **_RESTRICTED, **_SIGN}, "the attesting key")
    certified = _key_of(evidence.certified_area, {**_HELD_FAST, **_SIGN}, "the account's key")
    quote = _said(evidence.quote, attesting, nonce, _ST_QUOTE, "the quote")
    certification = _said(evidence.certification, attesting, nonce, _ST_CERTIFY, "the certification")
    name = certification.sized()
    certification.sized()  # the qualified name: which keys are above it, unknown here
    certification.end()
    if name != _name_of(evidence.certified_area):
        raise AttestationRefused("the certification is of another key than the one whose public area is shown")
    if r1_public_key(certified) != public_key:
        raise AttestationRefused("the certified key is another one than the account's")
    return Attested(public_key, r1_public_key(attesting), _pcr_digest(quote).hex())


class _Bytes:
    """A position in a TPM's structure: big-endian numbers, byte strings with their size in front."""

    def __init__(self, data: bytes, what: str) -> None:
        self._data = data
        self._what = what

    def take(self, size: int) -> bytes:
        if size > len(self._data):
            raise AttestationRefused(f"{self._what} ends too early")
        part, self._data = self._data[:size], self._data[size:]
        return part

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def sized(self) -> bytes:
        return self.take(self.number(2))

    def end(self) -> None:
        if self._data:
            raise AttestationRefused(f"{self._what} has {len(self._data)} bytes too many")


def _statement(told: Mapping[str, Any]) -> Statement:
    return Statement(bytes.fromhex(told["message"]), bytes.fromhex(told["signature"]))


def _name_of(area: bytes) -> bytes:
    """An object's name: the algorithm, and the hash of its public area (Part 1, 16)."""
    return _ALG_SHA256.to_bytes(2, "big") + hashlib.sha256(area).digest()


def _key_of(area: bytes, wanted: Mapping[int, str], what: str) -> ec.EllipticCurvePublicKey:
    """The P-256 key of a TPMT_PUBLIC, for ECDSA with SHA-256, that has the wanted attributes."""
    read = _Bytes(area, f"the public area of {what}")
    if (read.number(2), read.number(2)) != (_ALG_ECC, _ALG_SHA256):
        raise AttestationRefused(f"{what} is no ECC key with a SHA-256 name")
    attributes = read.number(4)
    if lacking := [name for bit, name in wanted.items() if not attributes & bit]:
        raise AttestationRefused(f"{what} lacks {', '.join(lacking)}: it can leave the TPM, or was not made in it")
    if read.sized() not in _POLICIES:
        raise AttestationRefused(f"{what} was made under a policy that is not known: it may allow more than we know")
    kind = tuple(read.number(2) for _ in range(5))  # symmetric, scheme, its hash, curve, kdf
    if kind != (_ALG_NULL, _ALG_ECDSA, _ALG_SHA256, _ECC_NIST_P256, _ALG_NULL):
        raise AttestationRefused(f"{what} is none for ECDSA over P-256 with SHA-256")
    x, y = (int.from_bytes(read.sized(), "big") for _ in range(2))
    read.end()
    try:
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError as error:
        raise AttestationRefused(f"{what} is no point of P-256") from error


def _said(statement: Statement, key: ec.EllipticCurvePublicKey, nonce: bytes, kind: int, what: str) -> _Bytes:
    """What a statement attests, after a look at signature, kind and nonce."""
    if len(statement.signature) != 64:
        raise AttestationRefused(f"the signature of {what} does not have 64 bytes")
    r, s = (int.from_bytes(part, "big") for part in (statement.signature[:32], statement.signature[32:]))
    try:
        key.verify(encode_dss_signature(r, s), statement.message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise AttestationRefused(f"the signature of {what} is not the attesting key's") from error
    read = _Bytes(statement.message, what)
    if (read.number(4), read.number(2)) != (_MAGIC, kind):
        raise AttestationRefused(f"{what} is no such statement of a TPM")
    read.sized()  # the signer's qualified name
    if read.sized() != nonce:
        raise AttestationRefused(f"{what} answers to another nonce: it is an old one, or another's")
    read.take(_CLOCK_INFO + 8)  # and the firmware's version
    return read


def _pcr_digest(quote: _Bytes) -> bytes:
    """The digest over PCRs 0-7 of the bank SHA-256."""
    if (quote.number(4), quote.number(2)) != (1, _ALG_SHA256) or quote.take(quote.number(1)) != _PCRS_0_TO_7:
        raise AttestationRefused("the quote is of other PCRs than 0-7 of SHA-256")
    digest = quote.sized()
    quote.end()
    return digest
