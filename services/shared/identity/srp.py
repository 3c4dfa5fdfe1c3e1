"""A password's proof without the password on the way (SRP-6a as Amazon Cognito has it, 3072-bit group of RFC 5054).

Cognito's details: hashes over big-endian numbers with a leading zero byte where the highest bit is set; the pool's id
without its region and the user's id stand before the password; the key is HKDF's first 16 bytes.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

_N: Final = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
_G: Final = 2
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class SrpError(Exception):
    """The pool's part is none that a pool sends."""


class Srp:
    """One sign-in: `public` goes with InitiateAuth as SRP_A; `proof` answers the challenge PASSWORD_VERIFIER."""

    def __init__(self, user_pool_id: str, password: str) -> None:
        self._pool = user_pool_id.partition("_")[2]
        self._password = password
        self._secret = secrets.randbits(1024)
        self._public = pow(_G, self._secret, _N)

    @property
    def public(self) -> str:
        """SRP_A, hexadecimal."""
        return format(self._public, "x")

    def proof(self, parameters: Mapping[str, str], now: datetime | None = None) -> dict[str, str]:
        """The ChallengeResponses for the pool's ChallengeParameters. Raises SrpError."""
        try:
            user = parameters["USER_ID_FOR_SRP"]
            theirs, salt = int(parameters["SRP_B"], 16), int(parameters["SALT"], 16)
            block = base64.b64decode(parameters["SECRET_BLOCK"], validate=True)
        except (KeyError, ValueError) as error:
            raise SrpError("the pool's challenge cannot be read") from error
        timestamp = _timestamp(now or datetime.now(UTC))
        message = (self._pool + user).encode() + block + timestamp.encode()
        signature = hmac.digest(self._key(user, theirs, salt), message, "sha256")
        return {
            "USERNAME": user,
            "TIMESTAMP": timestamp,
            "PASSWORD_CLAIM_SECRET_BLOCK": parameters["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(signature).decode(),
        }

    def _key(self, user: str, theirs: int, salt: int) -> bytes:
        scramble = _hash(_bytes(self._public), _bytes(theirs))
        if theirs % _N == 0 or scramble == 0:
            raise SrpError("the pool's number gives the password away")
        inner = hashlib.sha256(f"{self._pool}{user}:{self._password}".encode()).digest()
        x = _hash(_bytes(salt), inner)
        k = _hash(_bytes(_N), _bytes(_G))
        shared = pow(theirs - k * pow(_G, x, _N), self._secret + scramble * x, _N)
        return hmac.digest(
            hmac.digest(_bytes(scramble), _bytes(shared), "sha256"), b"Caldera Derived Key\x01", "sha256"
        )[:16]


def _timestamp(at: datetime) -> str:
    """In English, whatever the machine's language."""
    return f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at.day} {at:%H:%M:%S} UTC {at.year}"


def _bytes(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _hash(*parts: bytes) -> int:
    return int.from_bytes(hashlib.sha256(b"".join(parts)).digest(), "big")
