"""On a new box itself: `python -m services.cls_box_logic.installing keys NAME | attest CHALLENGE | install`.

Keys are made here and stay here (mode 0600): one for the box's certificate, one for the VPN. What goes out is a request
for the certificate, the VPN's public key, and what the TPM says of the key of the box's account. The TPM's answer
carries a nonce that is made from the challenge and from both public keys, so it vouches for this box's request and for
no other. Each act may be done again. Answers are JSON on standard output; a failure is one sentence and exit code 2.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.x509.oid import NameOID

from services.cls_box_logic.errors import TpmAway, TpmWrong
from services.cls_box_logic.tpm import TpmApi
from services.shared.web.auth import read_box_secret
from services.shared.web.config import ConfigurationError

KEY, CERTIFICATE, AUTHORITY, VPN_KEY, VPN = "key.pem", "certificate.pem", "authority.pem", "vpn.key", "vpn.conf"
_RAW: Final = serialization.Encoding.Raw, serialization.PublicFormat.Raw


class InstallingError(Exception):
    """It cannot be done. One sentence."""


def nonce_of(challenge: bytes, key: bytes, vpn_key: bytes) -> bytes:
    """What the TPM is given: 32 bytes. `key`: SubjectPublicKeyInfo (DER) of the request; `vpn_key`: 32 bytes."""
    return hashlib.sha256(b"tbienergy box v1\0" + challenge + key + vpn_key).digest()


def keys(folder: Path, name: str) -> dict[str, str]:
    """Make both keys unless they are there: the request for `name`, and the VPN's public key (base64)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = _certificate_key(folder, make=True)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return {
        "request": request.public_bytes(serialization.Encoding.PEM).decode(),
        "vpn_public_key": base64.b64encode(_vpn_public(folder, make=True)).decode(),
    }


def attest(folder: Path, challenge: bytes, tpm: TpmApi) -> dict[str, Any]:
    """The key of the box's account, and what its TPM says of it to who chose `challenge`."""
    nonce = nonce_of(challenge, _spki(_certificate_key(folder).public_key()), _vpn_public(folder))
    try:
        key = tpm.key()
        return {**tpm.attestation(nonce.hex()), "public_key": key["public_key"]}
    except (TpmAway, TpmWrong) as error:
        raise InstallingError(str(error)) from error


def install(folder: Path, told: Mapping[str, str]) -> dict[str, str]:
    """Lay down the certificate (which must be of this box's key), the authority and the VPN's configuration."""
    try:
        certificate = x509.load_pem_x509_certificate(told["certificate"].encode())
        authority, vpn = told["authority"], told["vpn"]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InstallingError(f"certificate, authority and vpn are needed: {error}") from error
    found: Any = certificate.public_key()
    if _spki(found) != _spki(_certificate_key(folder).public_key()):
        raise InstallingError("the certificate is not of this box's key")
    for name, text in ((AUTHORITY, authority), (VPN, vpn), (CERTIFICATE, told["certificate"])):
        _write(folder / name, text.encode())
    return {"serial": f"{certificate.serial_number:x}"}


def _certificate_key(folder: Path, *, make: bool = False) -> ec.EllipticCurvePrivateKey:
    file = folder / KEY
    if make and not file.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        _write(
            file,
            made.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
        )
    key = _loaded(file, lambda content: serialization.load_pem_private_key(content, None))
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise InstallingError(f"{file} is not a key that was made here")
    return key


def _vpn_public(folder: Path, *, make: bool = False) -> bytes:
    file = folder / VPN_KEY
    if make and not file.exists():
        _write(file, base64.b64encode(X25519PrivateKey.generate().private_bytes_raw()) + b"\n")
    key: X25519PrivateKey = _loaded(
        file, lambda content: X25519PrivateKey.from_private_bytes(base64.b64decode(content, validate=False))
    )
    return key.public_key().public_bytes(*_RAW)


def _loaded(file: Path, read: Callable[[bytes], Any]) -> Any:
    try:
        return read(file.read_bytes())
    except FileNotFoundError as error:
        raise InstallingError(f"there is no {file}: `keys` comes first") from error
    except (OSError, ValueError) as error:
        raise InstallingError(f"{file} cannot be read ({error})") from error


def _spki(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all, for its owner only."""
    draft = file.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    draft.rename(file)


def main(arguments: Sequence[str], environment: Mapping[str, str], given: Callable[[], str]) -> dict[str, Any]:
    """Raises InstallingError. Where: `link` beside the provisioning file (TBI_BOX_CONFIG), or TBI_LINK_DIR."""
    try:
        folder = Path(environment.get("TBI_LINK_DIR") or Path(environment["TBI_BOX_CONFIG"]).parent / "link")
        match list(arguments):
            case ["keys", name]:
                return keys(folder, name)
            case ["attest", challenge]:
                secret = read_box_secret(Path(environment["TBI_BOX_SECRET_FILE"]))
                return attest(folder, bytes.fromhex(challenge), TpmApi(environment["TBI_TPM_API_URL"], secret))
            case ["install"]:
                return install(folder, json.loads(given()))
    except (KeyError, ValueError, OSError, ConfigurationError) as error:
        raise InstallingError(f"{type(error).__name__}: {error}") from error
    raise InstallingError("one of: keys NAME, attest CHALLENGE (hexadecimal), install (JSON on standard input)")


if __name__ == "__main__":
    try:
        sys.stdout.write(json.dumps(main(sys.argv[1:], os.environ, sys.stdin.read)) + "\n")
    except InstallingError as refused:
        sys.stderr.write(f"{refused}\n")
        sys.exit(2)
