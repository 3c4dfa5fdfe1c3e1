"""X.509 as this authority writes it (RFC 5280): P-256, SHA-256. What a certificate says, the authority alone decides.

A box's name stands in it twice: as SAN `urn:tbi:box:NAME`, which says what it is, and as the subject's CN, which is all
that nginx tells of a client.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BOX_URN: Final = "urn:tbi:box:"
ORGANISATION: Final = "tbiEnergy"
SKEW: Final = timedelta(minutes=5)
"""So much earlier than now a certificate begins: boxes' clocks are not all alike."""
ATTESTING: Final = x509.ObjectIdentifier("2.23.133.8.3")
"""tcg-kp-AIKCertificate: the key attests for a TPM, and does nothing else (TCG EK Credential Profile)."""
REASONS: Final = {
    "stolen": x509.ReasonFlags.key_compromise,
    "retired": x509.ReasonFlags.cessation_of_operation,
    "renewed": x509.ReasonFlags.superseded,
}


class RequestRefused(Exception):  # noqa: N818 - it says what happened
    """What was asked to be certified cannot be. One sentence."""


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def pem(certificate: x509.Certificate | x509.CertificateRevocationList) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def request(key: ec.EllipticCurvePrivateKey, name: str) -> str:
    """A request (PKCS#10) for `name`, as whoever holds the key writes it."""
    built = x509.CertificateSigningRequestBuilder().subject_name(_name(name)).sign(key, hashes.SHA256())
    return built.public_bytes(serialization.Encoding.PEM).decode()


def asked_key(request_pem: str, name: str) -> ec.EllipticCurvePublicKey:
    """The key of a request whose asker holds it, and who is not asking for another name. Raises RequestRefused."""
    try:
        asked = x509.load_pem_x509_csr(request_pem.encode())
        key = asked.public_key()
        holds = asked.is_signature_valid
    except (ValueError, InvalidSignature, TypeError) as error:
        raise RequestRefused(f"it is no request for a certificate (PKCS#10, PEM): {error}") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1 | ec.SECP384R1):
        raise RequestRefused("its key is not one of P-256 or P-384")
    if not holds:
        raise RequestRefused("it is not signed by the key that it shows")
    if (named := common_name(asked.subject)) != name:
        raise RequestRefused(f"it asks for {named!r}, not for {name!r}")
    return key


def common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def authority_certificate(
    name: str,
    key: ec.EllipticCurvePublicKey,
    signer: tuple[x509.Certificate | None, ec.EllipticCurvePrivateKey],
    now: datetime,
    life: timedelta,
) -> x509.Certificate:
    """Of a root (its own signer, None) or of the issuing authority under it."""
    above, signing = signer
    issuer = _name(name) if above is None else above.subject
    builder = _begun(_name(name), issuer, key, now, life)
    depth = 1 if above is None else 0
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=depth), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
    )
    return builder.sign(signing, hashes.SHA256())


def end_certificate(
    name: str,
    key: ec.EllipticCurvePublicKey,
    signer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey],
    now: datetime,
    life: timedelta,
    *,
    addresses: Sequence[str] = (),
    purpose: x509.ObjectIdentifier | None = None,
) -> x509.Certificate:
    """Of a box; with `addresses` (names or IP addresses) of a server that boxes call; or for another purpose."""
    above, signing = signer
    builder = _begun(_name(name), above.subject, key, now, min(life, above.not_valid_after_utc - now))
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    usual = ExtendedKeyUsageOID.SERVER_AUTH if addresses else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose or usual]), critical=False)
    names: list[x509.GeneralName] = [_address(address) for address in addresses]
    builder = builder.add_extension(
        x509.SubjectAlternativeName(names or [x509.UniformResourceIdentifier(BOX_URN + name)]), critical=False
    )
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
    )
    return builder.sign(signing, hashes.SHA256())


def revocations(
    signer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey],
    revoked: Sequence[tuple[int, datetime, str]],
    now: datetime,
    life: timedelta,
) -> x509.CertificateRevocationList:
    """The list of revoked certificates: serial number, since when, why (REASONS)."""
    above, signing = signer
    builder = x509.CertificateRevocationListBuilder().issuer_name(above.subject)
    builder = builder.last_update(now - SKEW).next_update(now + life)
    builder = builder.add_extension(x509.CRLNumber(int(now.timestamp() * 1000)), critical=False)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
    )
    for serial, since, why in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
        builder = builder.add_revoked_certificate(
            entry.add_extension(x509.CRLReason(REASONS[why]), critical=False).build()
        )
    return builder.sign(signing, hashes.SHA256())


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - SKEW).not_valid_after(now + life)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )


def _address(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)
