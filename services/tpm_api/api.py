"""The routes of the TPM API: read, call, answer."""

from dataclasses import asdict
from typing import Any

from services.shared.web import Integer, Namespace, Query, Resource, Text, path_doc, read_body
from services.tpm_api.domain import LABEL_PATTERN, PublicKey
from services.tpm_api.models import Models, models
from services.tpm_api.service import Attestation, Statement, TpmService

_LABEL = Text("The key's name in this box", pattern=LABEL_PATTERN)
_HOW_MANY = Query({"bytes": Integer("How many random bytes", 1, 1024, required=True)})


def add_routes(v1: Namespace, service: TpmService) -> None:
    """Add all routes to `v1`."""
    shapes = models(v1)
    _add_key_routes(v1, service, shapes)
    _add_signing_routes(v1, service, shapes)
    _add_attestation_routes(v1, service, shapes)


def _add_key_routes(v1: Namespace, service: TpmService, shapes: Models) -> None:
    @v1.route("/key")
    class NewKey(Resource):
        @v1.expect(shapes.new_key)
        @v1.response(200, "The key was there already", shapes.key)
        @v1.response(201, "The key was made", shapes.key)
        @v1.response(409, "No room for another key, or the TPM has lost this one")
        def post(self) -> tuple[dict[str, Any], int]:
            """Make a P-256 key that never leaves the TPM; asked again, give the same key."""
            key, new = service.create_key(read_body(shapes.new_key)["label"])
            return asdict(key), 201 if new else 200

    @v1.route("/keys")
    class Keys(Resource):
        @v1.response(200, "The keys", shapes.keys)
        def get(self) -> dict[str, Any]:
            """The keys of this box."""
            return {"items": [asdict(key) for key in service.list_keys()]}

    @v1.route("/key/<string:label>")
    @v1.doc(params=path_doc(label=_LABEL))
    class Key(Resource):
        @v1.response(200, "The key", shapes.key)
        @v1.response(404, "There is no such key")
        def get(self, label: str) -> dict[str, Any]:
            """One key of this box."""
            key: PublicKey = service.key(_LABEL.parse("label", label))
            return asdict(key)


def _add_signing_routes(v1: Namespace, service: TpmService, shapes: Models) -> None:
    @v1.route("/sign-transaction")
    class SignTransaction(Resource):
        @v1.expect(shapes.transaction)
        @v1.response(200, "The signature", shapes.signature)
        @v1.response(403, "Not a transaction that this box signs")
        @v1.response(404, "There is no such key")
        @v1.response(409, "The box does not know its account yet, or the TPM has lost the key")
        def post(self) -> dict[str, Any]:
            """Sign a transaction of the box's own account on the market, after a look at what it does."""
            body = read_body(shapes.transaction)
            packed = bytes.fromhex(body["packed_trx"])
            return asdict(service.sign_transaction(body["label"], body["chain_id"], packed))

    @v1.route("/sign-journal")
    class SignJournal(Resource):
        @v1.expect(shapes.journal)
        @v1.response(200, "The signature", shapes.signature)
        @v1.response(404, "There is no such key")
        @v1.response(409, "The TPM has lost the key")
        def post(self) -> dict[str, Any]:
            """Sign a journal's head.

            What is signed is the SHA-256 of 'tbienergy journal v1', a zero byte and the head: never a transaction.
            """
            body = read_body(shapes.journal)
            return asdict(service.sign_journal(body["label"], bytes.fromhex(body["head"])))


def _add_attestation_routes(v1: Namespace, service: TpmService, shapes: Models) -> None:
    @v1.route("/quote")
    class Quote(Resource):
        @v1.expect(shapes.nonce)
        @v1.response(200, "What the TPM says", shapes.attestation)
        @v1.response(404, "There is no such key")
        @v1.response(409, "The TPM has lost a key")
        def post(self) -> dict[str, Any]:
            """Attest the platform's state, and that the key with this label is held by the TPM and cannot leave it."""
            body = read_body(shapes.nonce)
            return _attestation(service.attest(bytes.fromhex(body["nonce"]), body.get("label")))

    @v1.route("/random")
    class Random(Resource):
        @v1.doc(params=_HOW_MANY.doc())
        @v1.response(200, "Random bytes", shapes.random)
        def get(self) -> dict[str, str]:
            """Bytes of the TPM's random number generator."""
            return {"random": service.random(_HOW_MANY.read()["bytes"]).hex()}


def _attestation(attestation: Attestation) -> dict[str, Any]:
    # A TPM2B_PUBLIC is a TPMT_PUBLIC with its size in front.
    answer: dict[str, Any] = {
        "quote": _statement(attestation.quote),
        "attesting_key": {
            "public_key": attestation.attesting_key.public_key,
            "pem": attestation.attesting_key.pem,
        },
        "attesting_public_area": attestation.attesting_public_area[2:].hex(),
    }
    if attestation.certification is not None and attestation.certified_public_area is not None:
        answer["certification"] = _statement(attestation.certification)
        answer["certified_public_area"] = attestation.certified_public_area[2:].hex()
    return answer


def _statement(statement: Statement) -> dict[str, str]:
    return {"message": statement.message.hex(), "signature": statement.signature.hex()}
