"""The bodies of the TPM API, as its document shows them and its routes check them."""

from dataclasses import dataclass
from typing import Any

from services.shared.web import Namespace, fields
from services.shared.web.restx import Model
from services.tpm_api.domain import LABEL_PATTERN, MAX_PACKED_BYTES

_HASH = "^[0-9a-f]{64}$"


def _label(**more: Any) -> Any:
    return fields.String(description="The key's name in this box", pattern=LABEL_PATTERN, example="account", **more)


@dataclass(frozen=True)
class Models:
    """Each body by the name it has in the document."""

    new_key: Model
    key: Model
    keys: Model
    transaction: Model
    journal: Model
    signature: Model
    nonce: Model
    attestation: Model
    random: Model


def models(v1: Namespace) -> Models:
    """Make the models in `v1`."""
    texts = {
        "public_key": fields.String(required=True, description="As the chain writes it: PUB_R1_..."),
        "pem": fields.String(required=True, description="SubjectPublicKeyInfo as PEM"),
    }
    key = v1.model("Key", {"label": _label(required=True), **texts})
    attesting_key = v1.model("AttestingKey", texts)
    statement = v1.model(
        "Statement",
        {
            "message": fields.String(required=True, description="TPMS_ATTEST (TPM 2.0, part 2, 10.12.12), hexadecimal"),
            "signature": fields.String(required=True, description="ECDSA P-256 over its SHA-256: r and s, hexadecimal"),
        },
    )
    return Models(
        new_key=v1.model("NewKey", {"label": _label(required=True)}, strict=True),
        key=key,
        keys=v1.model("Keys", {"items": fields.List(fields.Nested(key), required=True)}),
        transaction=_transaction(v1),
        journal=v1.model(
            "Journal",
            {
                "label": _label(required=True),
                "head": fields.String(required=True, description="The head: SHA-256, hexadecimal", pattern=_HASH),
            },
            strict=True,
        ),
        signature=v1.model(
            "Signature",
            {
                "signature": fields.String(required=True, description="As the chain writes it: SIG_R1_..."),
                "public_key": fields.String(required=True, description="The key that made it: PUB_R1_..."),
            },
        ),
        nonce=_nonce(v1),
        attestation=_attestation(v1, attesting_key, statement),
        random=v1.model("Random", {"random": fields.String(required=True, description="Random bytes, hexadecimal")}),
    )


def _transaction(v1: Namespace) -> Model:
    packed = fields.String(
        required=True,
        description="The packed transaction, hexadecimal",
        pattern="^(?:[0-9a-f]{2})+$",
        max_length=2 * MAX_PACKED_BYTES,
    )
    chain_id = fields.String(required=True, description="The chain's id, hexadecimal", pattern=_HASH)
    body = {"label": _label(required=True), "chain_id": chain_id, "packed_trx": packed}
    return v1.model("TransactionToSign", body, strict=True)


def _nonce(v1: Namespace) -> Model:
    nonce = fields.String(
        required=True, description="Chosen by who asks: 8 to 32 bytes, hexadecimal", pattern="^(?:[0-9a-f]{2}){8,32}$"
    )
    return v1.model("Nonce", {"nonce": nonce, "label": _label(required=False)}, strict=True)


def _attestation(v1: Namespace, attesting_key: Model, statement: Model) -> Model:
    area = "TPMT_PUBLIC, hexadecimal; its SHA-256 (after 000b) is the key's name"
    return v1.model(
        "Attestation",
        {
            "quote": fields.Nested(statement, required=True, description="TPM2_Quote of PCRs 0-7 (SHA-256)"),
            "attesting_key": fields.Nested(attesting_key, required=True),
            "attesting_public_area": fields.String(required=True, description=area),
            "certification": fields.Nested(statement, description="TPM2_Certify of the key, when one was named"),
            "certified_public_area": fields.String(description=area),
        },
    )
