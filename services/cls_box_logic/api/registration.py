"""The routes by which a box gets its account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from market.values import EosName
from services.cls_box_logic.api.models import Models
from services.cls_box_logic.auth import cloud_may
from services.shared.web import Namespace, Query, Resource, Text, read_body

if TYPE_CHECKING:
    from services.cls_box_logic.app import UseCases

_NONCE = Query({"nonce": Text("8 to 32 bytes, hexadecimal", pattern="^(?:[0-9a-f]{2}){8,32}$", required=True)})


def add_registration_routes(v1: Namespace, cases: UseCases, shapes: Models) -> None:
    @v1.route("/account-key")
    class AccountKey(Resource):
        @cloud_may
        @v1.doc(params=_NONCE.doc())
        @v1.response(200, "The key", shapes.account_key)
        @v1.response(502, "The TPM has lost the key, or refuses")
        @v1.response(503, "The TPM does not answer")
        def get(self) -> dict[str, Any]:
            """The key of the box's account, made when there is none, and what the TPM says of it with this nonce."""
            return cases.registration.key(_NONCE.read()["nonce"])

    @v1.route("/account")
    class Account(Resource):
        @cloud_may
        @v1.expect(shapes.binding)
        @v1.response(200, "Bound", shapes.bound)
        @v1.response(409, "The box belongs to another account or another owner")
        @v1.response(503, "The provisioning file cannot be written")
        def put(self) -> dict[str, Any]:
            """Tie the box to its account and its owner, once; the same again changes nothing."""
            body = read_body(shapes.binding)
            return cases.registration.bind(EosName(body["account_name"]), body["owner_sub"])
