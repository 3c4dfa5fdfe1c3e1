"""The use cases: keys, signatures, attestation, randomness."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.shared.chain.keys import Point, r1_public_key, r1_signature
from services.tpm_api import commands
from services.tpm_api.commands import Attested
from services.tpm_api.domain import NotAllowed, PublicKey, digest_to_sign, journal_digest, label_of
from services.tpm_api.errors import KeyUnknown, NoRoom
from services.tpm_api.keystore import KeyRecord, KeyStore
from services.tpm_api.tpm import Tpm, TpmSession

ATTESTATION_LABEL: Final = "-attestation"  # no label of a caller's begins with a dash


@dataclass(frozen=True)
class Signature:
    """A signature with the key that made it, as the chain writes them."""

    signature: str
    public_key: str


@dataclass(frozen=True)
class Statement:
    """What the attesting key says: TPMS_ATTEST, its signature (ASN.1 DER is not used: r and s, 32 bytes each)."""

    message: bytes
    signature: bytes


@dataclass(frozen=True)
class Attestation:
    """The platform's state; and, when a key was named, that this key is in the same TPM and cannot leave it."""

    quote: Statement
    attesting_key: PublicKey
    attesting_public_area: bytes
    certification: Statement | None
    certified_public_area: bytes | None


class TpmService:
    """Uses the TPM behind `tcti` with the records in `store`.

    `account` gives the box's own account, or raises. `chain_id`, when given, is the only chain to sign for.
    """

    def __init__(
        self,
        tcti: str,
        store: KeyStore,
        *,
        account: Callable[[], str],
        clock: Callable[[], float],
        chain_id: str | None = None,
    ) -> None:
        self._store = store
        self._account = account
        self._chain_id = chain_id
        self._clock = clock
        self._tpm = Tpm(tcti, on_open=self._finish_what_was_broken_off)

    def create_key(self, label: str) -> tuple[PublicKey, bool]:
        """The key with this label and whether it is new. A label has one key for ever: asking again gives the same."""
        label_of(label)
        record, new = self._tpm.run(lambda session: self._ensure(session, label, commands.SIGNING))
        return _public(record), new

    def list_keys(self) -> list[PublicKey]:
        """The keys of this box."""
        return [_public(record) for record in self._store.all() if record.label != ATTESTATION_LABEL]

    def key(self, label: str) -> PublicKey:
        """One key. Raises KeyUnknown."""
        return _public(self._record(label))

    def sign_transaction(self, label: str, chain_id: str, packed: bytes) -> Signature:
        """The signature of a transaction that this box may sign. Raises Malformed, NotAllowed, KeyUnknown, TpmError."""
        record = self._record(label)
        if self._chain_id not in (None, chain_id):
            raise NotAllowed({"chain_id": f"this box signs for the chain {self._chain_id} only"})
        digest = digest_to_sign(chain_id, packed, account=self._account(), now=self._clock())
        return self._sign(record, digest)

    def sign_journal(self, label: str, head: bytes) -> Signature:
        """The signature over a journal's head (32 bytes)."""
        return self._sign(self._record(label), journal_digest(head))

    def attest(self, nonce: bytes, label: str | None) -> Attestation:
        """What the TPM says of itself, and of the key `label`, to somebody who chose `nonce`."""
        certified = None if label is None else self._record(label)

        def say(session: TpmSession) -> tuple[KeyRecord, Attested, Attested | None]:
            record, _new = self._ensure(session, ATTESTATION_LABEL, commands.ATTESTING)
            attesting = _opened(session, record)
            quoted = commands.quote(session, attesting, nonce)
            if certified is None:
                return record, quoted, None
            return record, quoted, commands.certify(session, _opened(session, certified), attesting, nonce)

        record, quoted, certification = self._tpm.run(say)
        return Attestation(
            _statement(quoted),
            _public(record),
            bytes.fromhex(record.public_area),
            None if certification is None else _statement(certification),
            None if certified is None else bytes.fromhex(certified.public_area),
        )

    def random(self, count: int) -> bytes:
        """`count` random bytes from the TPM."""
        return self._tpm.run(lambda session: commands.random_bytes(session, count))

    def state(self) -> str:
        """One line about the TPM's state. Raises TpmError."""
        return self._tpm.run(commands.state_in_words)

    def close(self) -> None:
        """Leave the TPM in order."""
        self._tpm.close()

    def _record(self, label: str) -> KeyRecord:
        record = self._store.get(label_of(label))
        if record is None:
            raise KeyUnknown(f"there is no key {label!r} in this box; make it with POST /key")
        return record

    def _sign(self, record: KeyRecord, digest: bytes) -> Signature:
        r, s = self._tpm.run(lambda session: commands.sign(session, _opened(session, record), digest))
        return Signature(r1_signature(r, s, digest, record.public_key), record.public_key)

    def _ensure(self, session: TpmSession, label: str, attributes: int) -> tuple[KeyRecord, bool]:
        existing = self._store.get(label)
        if existing is not None:
            _opened(session, existing)
            return existing, False
        if label != ATTESTATION_LABEL and len(self.list_keys()) >= commands.MAX_KEYS:
            raise NoRoom(f"this box has its {commands.MAX_KEYS} keys already; none can be added")
        handle = self._free_handle(session)
        auth = secrets.token_hex(16)  # 128 bits; text, for the TPM strips zero bytes from an end
        made: list[KeyRecord] = []

        def keep(public_area: bytes, point: Point) -> None:
            key = ec.EllipticCurvePublicNumbers(*point, ec.SECP256R1()).public_key()
            pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
            made.append(KeyRecord(label, handle, auth, public_area.hex(), r1_public_key(key), pem))
            self._store.begin(made[-1])

        commands.make_persistent(session, auth=auth, handle=handle, attributes=attributes, before=keep)
        self._store.complete(made[-1])
        return made[-1], True

    def _free_handle(self, session: TpmSession) -> int:
        taken = {record.handle for record in self._store.all()} | set(session.handles(commands.FIRST_HANDLE))
        return next(handle for handle in range(commands.FIRST_HANDLE, 2**32) if handle not in taken)

    def _finish_what_was_broken_off(self, session: TpmSession) -> None:
        """A power cut in the midst of making a key leaves a pending record; the TPM knows whether the key is there."""
        for record in self._store.pending():
            if commands.public_area(session, record.handle) == bytes.fromhex(record.public_area):
                self._store.complete(record)
            else:
                self._store.drop(record)


def _opened(session: TpmSession, record: KeyRecord) -> object:
    return session.key(record.handle, record.auth, bytes.fromhex(record.public_area))


def _public(record: KeyRecord) -> PublicKey:
    return PublicKey(record.label, record.public_key, record.pem)


def _statement(attested: Attested) -> Statement:
    return Statement(attested.message, attested.r.to_bytes(32, "big") + attested.s.to_bytes(32, "big"))
