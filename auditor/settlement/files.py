"""The file: one JSON object with everything that proves the statement, signed by the operator's P-256 key.

Signed is the object without its member `signature`, written with sorted keys, without white space, in UTF-8. The
signature is ES256 (RFC 7518, 3.4): ECDSA by P-256 with SHA-256, r and s in hex. CSV and PDF carry the same kind of
signature over all bytes before their last line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from auditor.settlement.errors import Invalid, SettlementError, Unreadable
from auditor.settlement.signatures import es256, es256_holds
from auditor.settlement.wire import WireError, r1_public_key

FORMAT: Final = "tbi-settlement/1"
SCHEMA: Final = Path(__file__).with_name("settlement.schema.json")
_TRAILER: Final = b"tbi-settlement/1 "


class Key:
    """The operator's key for statements: P-256, PKCS #8 PEM, readable by its owner only."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._private = private
        point = (serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint)
        self.public = r1_public_key(private.public_key().public_bytes(*point))

    @classmethod
    def of_file(cls, path: Path) -> Key:
        """The key in the file; a new one when there is no such file. Raises SettlementError."""
        if not path.exists():
            private = ec.generate_private_key(ec.SECP256R1())
            form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600, exist_ok=False)
            path.write_bytes(private.private_bytes(*form))
        if path.stat().st_mode & 0o077:
            raise SettlementError(f"the key file {path} may be read by others: chmod 600 it")
        try:
            loaded = serialization.load_pem_private_key(path.read_bytes(), None)
        except (ValueError, TypeError) as error:
            raise SettlementError(f"{path} is no private key in PEM without a password: {error}") from error
        if not isinstance(loaded, ec.EllipticCurvePrivateKey) or not isinstance(loaded.curve, ec.SECP256R1):
            raise SettlementError(f"{path} holds a key of another kind; a P-256 key is needed")
        return cls(loaded)

    def sign(self, data: bytes) -> str:
        """ES256 over the data: r and s, 64 bytes in hex, s the lower of the two that are valid."""
        return es256(self._private.sign(data, ec.ECDSA(hashes.SHA256())))


def canonical(content: Mapping[str, Any]) -> bytes:
    """The bytes that are signed."""
    unsigned = {name: value for name, value in content.items() if name != "signature"}
    return json.dumps(unsigned, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def signed(content: Mapping[str, Any], key: Key) -> dict[str, Any]:
    """The content with its signature."""
    return {**content, "signature": {"key": key.public, "signature": key.sign(canonical(content))}}


def written(content: Mapping[str, Any]) -> bytes:
    """The file's bytes."""
    return (
        canonical(content)[:-1] + b',"signature":' + json.dumps(content["signature"], sort_keys=True).encode() + b"}\n"
    )


def read(data: bytes) -> dict[str, Any]:
    """The content, of the right shape. Raises Unreadable."""
    try:
        content = json.loads(data, object_pairs_hook=_once)
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise Unreadable(f"this is no settlement file of the format {FORMAT}")
        _validator().validate(content)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"this is no JSON as a settlement file has it: {error}") from error
    except jsonschema.ValidationError as error:
        raise Unreadable(f"the file is not of its format at {error.json_path}: {error.message[:200]}") from error
    return content


@cache
def _validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text()))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a member that stands there twice could be read in two ways."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object names a member twice")
    return found


def check_signature(content: Mapping[str, Any]) -> str:
    """Who has signed the content. Raises Invalid."""
    return _check(canonical(content), content["signature"]["key"], content["signature"]["signature"])


def with_trailer(document: bytes, comment: bytes, key: Key) -> bytes:
    """The document with a last line that signs it; `comment` is what begins a comment in its format."""
    return document + comment + _TRAILER + f"{key.public} {key.sign(document)}\n".encode()


def check_trailer(document: bytes) -> tuple[bytes, str]:
    """The document without its last line, and who has signed it. Raises Unreadable, Invalid."""
    start = document.rfind(b"\n", 0, len(document) - 1) + 1
    words = document[start:].split()
    if len(words) != 3 or not words[0].endswith(_TRAILER.strip()):
        raise Unreadable("the last line is not a settlement's signature")
    try:
        key, signature = words[1].decode("ascii"), words[2].decode("ascii")
    except UnicodeDecodeError as error:
        raise Unreadable("the last line is not a settlement's signature") from error
    return document[:start], _check(document[:start], key, signature)


def _check(data: bytes, key: str, signature: str) -> str:
    try:
        holds = es256_holds(key, signature, data)
    except WireError as error:
        raise Invalid(f"the operator's signature is none: {error}") from error
    if not holds:
        raise Invalid(f"it is not what {key} has signed")
    return key
