"""The authority's folder: keys (0600), certificates, a file for each that was issued.

root.key root.pem  issuing.key issuing.pem  issued/SERIAL.json
boxes.pem   issuing authority and root: what the gateway takes clients' certificates by
root.crl    the root's own list, which names nobody: written anew whenever root.key is there
boxes.crl   both lists: what it refuses
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.cls_box.authority.certificates import (
    ATTESTING,
    REASONS,
    RequestRefused,
    asked_key,
    authority_certificate,
    end_certificate,
    key_pem,
    new_key,
    pem,
    revocations,
)
from deploy.local.identity.files import read_json, write_json, write_secret

ROOT_LIFE: Final = timedelta(days=3650)
ISSUING_LIFE: Final = timedelta(days=1825)
BOX_LIFE: Final = timedelta(days=90)
RENEW_BEFORE: Final = timedelta(days=30)
LIST_LIFE: Final = timedelta(days=7)
ROOT_LIST_LIFE: Final = timedelta(days=400)
"""So long can root.key lie in a safe: once a year it is brought out for a list."""
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
_ISSUING, _ROOT = "issuing", "root"

Signer = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


class AuthorityError(Exception):
    """It cannot be done as asked. One sentence."""


@dataclass(frozen=True)
class Issued:
    """A certificate that was issued. `chain`: PEM, with the issuing authority's behind it. Times in ISO 8601, UTC."""

    serial: str
    name: str
    kind: str
    not_before: str
    not_after: str
    chain: str
    revoked: str | None = None
    reason: str | None = None

    def is_valid(self, now: datetime) -> bool:
        return self.revoked is None and datetime.fromisoformat(self.not_after) > now

    def is_due(self, now: datetime) -> bool:
        """Whether it is time to renew it."""
        return datetime.fromisoformat(self.not_after) - now <= RENEW_BEFORE


class Authority:
    """What lies in `folder`. Raises AuthorityError when nothing does: see `make`. root.key may lie elsewhere."""

    def __init__(self, folder: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._folder = folder
        self._clock = clock
        if not (folder / f"{_ISSUING}.pem").is_file():
            raise AuthorityError(f"there is no authority in {folder}: python -m deploy.cls_box.authority make {folder}")

    @classmethod
    def make(cls, folder: Path, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Authority:
        """A root, an issuing authority under it, empty lists. Done again it changes nothing."""
        (folder / "issued").mkdir(parents=True, exist_ok=True, mode=0o700)
        now = clock().replace(microsecond=0)
        for place, name, life in ((_ROOT, "tbiEnergy root", ROOT_LIFE), (_ISSUING, "tbiEnergy boxes", ISSUING_LIFE)):
            if not (folder / f"{place}.pem").is_file():
                key = new_key()
                signer = (None, key) if place == _ROOT else _read(folder, _ROOT)
                certificate = authority_certificate(name, key.public_key(), signer, now, life)
                write_secret(folder / f"{place}.key", key_pem(key))
                write_secret(folder / f"{place}.pem", pem(certificate))
        made = cls(folder, clock)
        write_secret(folder / "boxes.pem", "".join((folder / f"{p}.pem").read_text() for p in (_ISSUING, _ROOT)))
        if not (folder / "boxes.crl").is_file():
            made.publish()
        return made

    @property
    def trusted(self) -> str:
        """What others take certificates of ours by: issuing authority and root, PEM."""
        return (self._folder / "boxes.pem").read_text()

    def issue(self, box: str, request: str, life: timedelta = BOX_LIFE) -> Issued:
        """A certificate for the box that asks. The same key again, with time left: the same certificate.

        One that the box has already stays valid to its end, so that a renewal has an overlap. Raises AuthorityError.
        """
        if not _NAME.fullmatch(box):
            raise AuthorityError(f"{box!r} is no box's name (a-z, 0-9 and -)")
        now = self._now()
        key = self._asked(request, box)
        for earlier in self.issued(box):
            if (
                earlier.kind == "box"
                and earlier.is_valid(now)
                and not earlier.is_due(now)
                and _key_of(earlier) == _bytes(key)
            ):
                return earlier
        if thief := next(
            (one for one in self.issued() if one.reason == "stolen" and _key_of(one) == _bytes(key)), None
        ):
            raise AuthorityError(f"the key of {thief.name} was stolen: it gets no certificate any more, for no name")
        return self._kept("box", box, end_certificate(box, key, self._issuing(), now, life))

    def issue_server(self, name: str, request: str, addresses: Sequence[str], life: timedelta = BOX_LIFE) -> Issued:
        """A certificate for a server that boxes call by `addresses`. Raises AuthorityError."""
        key = self._asked(request, name)
        made = end_certificate(name, key, self._issuing(), self._now(), life, addresses=addresses)
        return self._kept("server", name, made)

    def vouch(self, box: str, key_pem: str) -> Issued:
        """A certificate of origin for the attesting key of a box's TPM (TCG, AIK certificate): no door opens to it.

        What that key certifies (TPM2_Certify) is traced back to us by whoever trusts our root. The caller has seen to
        it that the key is what it says. The same key again: the same certificate. Raises AuthorityError.
        """
        try:
            key: Any = serialization.load_pem_public_key(key_pem.encode())
        except ValueError as error:
            raise AuthorityError(f"the attesting key of {box} is no public key ({error})") from error
        now = self._now()
        for earlier in self.issued(box):
            if earlier.kind == "origin" and earlier.is_valid(now) and _key_of(earlier) == _bytes(key):
                return earlier
        made = end_certificate(box, key, self._issuing(), now, ISSUING_LIFE, purpose=ATTESTING)
        return self._kept("origin", box, made)

    def revoke(self, box: str, reason: str) -> list[Issued]:
        """All valid certificates of a box; the list is published, each time. Raises AuthorityError.

        Stolen, those that ran out or were revoked before are marked as well: their key gets no certificate any more.
        """
        if reason not in REASONS:
            raise AuthorityError(f"a reason is one of {', '.join(REASONS)}")
        now = self._now()
        gone = [
            replace(one, revoked=one.revoked or now.isoformat(), reason=reason)
            for one in self.issued(box)
            if one.is_valid(now) or (reason == "stolen" != one.reason)
        ]
        for one in gone:
            write_json(self._folder / f"issued/{one.serial}.json", asdict(one))
        self.publish()
        return gone

    def issued(self, name: str | None = None) -> list[Issued]:
        """What was issued, the oldest first."""
        found = [Issued(**read_json(file)) for file in (self._folder / "issued").glob("*.json")]
        return sorted(
            (one for one in found if name is None or one.name == name), key=lambda one: (one.not_before, one.serial)
        )

    def publish(self) -> Path:
        """Write the lists of revoked certificates anew: before they run out, and after each revocation."""
        now = self._now()
        gone = [
            (int(one.serial, 16), datetime.fromisoformat(one.revoked), str(one.reason))
            for one in self.issued()
            if one.revoked is not None
        ]
        lists = pem(revocations(self._issuing(), gone, now, LIST_LIFE)) + self._root_list(now)
        write_secret(self._folder / "boxes.crl", lists)
        return self._folder / "boxes.crl"

    def root_list_until(self) -> datetime:
        """When the root's own list runs out: root.key has to be here for a `publish` before that."""
        until = x509.load_pem_x509_crl((self._folder / "root.crl").read_bytes()).next_update_utc
        if until is None:
            raise AuthorityError("root.crl says not until when it is good")
        return until

    def _root_list(self, now: datetime) -> str:
        """Anew while the root's key is here, else as it was written last."""
        file = self._folder / "root.crl"
        if (self._folder / f"{_ROOT}.key").is_file():
            write_secret(file, pem(revocations(_read(self._folder, _ROOT), [], now, ROOT_LIST_LIFE)))
        try:
            return file.read_text()
        except FileNotFoundError as error:
            raise AuthorityError(f"there is no {file}: lay root.key into its folder once") from error

    def _asked(self, request: str, name: str) -> ec.EllipticCurvePublicKey:
        try:
            return asked_key(request, name)
        except RequestRefused as error:
            raise AuthorityError(f"the request for {name} is refused: {error}") from error

    def _kept(self, kind: str, name: str, made: x509.Certificate) -> Issued:
        serial = f"{made.serial_number:x}"
        chain = pem(made) + (self._folder / f"{_ISSUING}.pem").read_text()
        begins, ends = made.not_valid_before_utc.isoformat(), made.not_valid_after_utc.isoformat()
        issued = Issued(serial, name, kind, begins, ends, chain)
        write_json(self._folder / f"issued/{serial}.json", asdict(issued))
        return issued

    def _issuing(self) -> Signer:
        return _read(self._folder, _ISSUING)

    def _now(self) -> datetime:
        return self._clock().replace(microsecond=0)


def _read(folder: Path, place: str) -> Signer:
    certificate = x509.load_pem_x509_certificate((folder / f"{place}.pem").read_bytes())
    try:
        key: Any = serialization.load_pem_private_key((folder / f"{place}.key").read_bytes(), None)
    except (OSError, ValueError) as error:
        raise AuthorityError(f"{folder / place}.key cannot be read, and nothing is signed without it") from error
    return certificate, key


def _key_of(issued: Issued) -> bytes:
    key: Any = x509.load_pem_x509_certificate(issued.chain.encode()).public_key()
    return _bytes(key)


def _bytes(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
