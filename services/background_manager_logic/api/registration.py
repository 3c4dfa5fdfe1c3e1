"""Routes of accounts and of units on the market."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from services.background_manager_logic.api.common import LIST, PAGED, jsonable, listed, shown
from services.background_manager_logic.api.models_registration import RegistrationModels
from services.background_manager_logic.domain import EOS_NAME, mastr_number
from services.background_manager_logic.service.market_units import MarketUnit, MarketUnits
from services.background_manager_logic.service.registered import Owned, Registered
from services.background_manager_logic.service.registration import Registration
from services.shared.web import Namespace, Query, Resource, Text, read_body
from services.shared.web.idempotency import Idempotency
from services.shared.web.tokens import caller, groups

DEFAULT_MARKET = "lem"
_OF_MARKET = Query({**LIST, "market": Text("The market; `lem` when left out", pattern=EOS_NAME)})


def add_account_routes(v1: Namespace, cases: Registration, shapes: RegistrationModels, once: Idempotency) -> None:
    """Add the routes of accounts to `v1`."""

    @v1.route("/eos-account")
    class NewAccount(Resource):
        @v1.expect(shapes.new_account)
        @v1.response(201, "Registered; `added` says what was missing", shapes.registered_account)
        @v1.response(404, "There is no such box or market")
        @v1.response(409, "Nothing is missing; the name is taken; the box is nobody's, several users', or another's")
        @v1.response(502, "The box answered wrongly, or its attestation does not verify")
        @v1.response(503, "The chain or the identity provider does not answer")
        @v1.response(504, "The box does not answer")
        @groups("Admin")
        @once
        def post(self) -> tuple[dict[str, Any], int]:
            """Register the account of a box: its TPM's key, the box, its participant and the meters known so far.

            Repeated, it completes what is missing: what a failure left out, and meters that were added since.
            """
            body = read_body(shapes.new_account)
            market = body.get("market", DEFAULT_MARKET)
            return _registered(cases.register(body["cls_box_ip"], body["account_name"], market)), 201

    @v1.route("/eos-accounts")
    class Accounts(Resource):
        @v1.doc(params=PAGED.doc())
        @v1.response(200, "A part of the list", shapes.accounts)
        @groups("Admin")
        def get(self) -> dict[str, Any]:
            """All accounts of boxes that stand on the chain."""
            query = PAGED.read()
            return listed(cases.accounts(query["limit"], query["cursor"]), _account)


def add_market_unit_routes(v1: Namespace, cases: MarketUnits, shapes: RegistrationModels, once: Idempotency) -> None:
    """Add the routes of units on the market to `v1`."""

    @v1.route("/market/unit")
    class NewMarketUnit(Resource):
        @v1.expect(shapes.new_market_unit)
        @v1.response(201, "Registered", shapes.registered_unit)
        @v1.response(403, "It is another participant's")
        @v1.response(404, "There is no such unit or market")
        @v1.response(409, "It is registered already, its box has no account, or its meter is no metering point")
        @v1.response(502, "The box answered wrongly")
        @v1.response(503, "The chain does not answer")
        @v1.response(504, "The box or the unit does not answer")
        @groups("Admin", "User")
        @once
        def post(self) -> tuple[dict[str, Any], int]:
            """Register a unit on the market; it must be reachable at its box."""
            body = read_body(shapes.new_market_unit)
            number = mastr_number(body["unit_mastr_nr"], "unit_mastr_nr")
            found = caller()
            sub = None if "Admin" in found.groups else found.sub
            return shown(cases.register(number, body.get("market", DEFAULT_MARKET), sub)), 201

    @v1.route("/market/units")
    class MarketUnits(Resource):
        @v1.doc(params=_OF_MARKET.doc())
        @v1.response(200, "A part of the list", shapes.market_units)
        @v1.response(404, "There is no such market")
        @v1.response(503, "The chain does not answer")
        @groups("Admin", "User", "EVU")
        def get(self) -> dict[str, Any]:
            """The units on the market; their numbers only to Admin, EVU and whose they are."""
            query = _OF_MARKET.read()
            found = caller()
            sub = None if found.groups & {"Admin", "EVU"} else found.sub
            return listed(
                cases.list(query["market"] or DEFAULT_MARKET, query["limit"], query["cursor"], sub=sub), _unit
            )


def _account(owned: Owned) -> dict[str, Any]:
    account = owned.account
    return {
        "account_name": account.account_name,
        "cls_box_ip": account.cls_box_ip,
        "participant_sub": owned.participant_sub,
        "public_key": account.public_key,
        "markets": list(account.markets),
        "attested": True,
        "attested_at": jsonable(account.attested_at),
        "created_at": jsonable(account.created_at),
    }


def _registered(done: Registered) -> dict[str, Any]:
    return {
        **_account(Owned(done.account, done.participant_sub)),
        "market": done.market,
        "points": [shown(point) for point in done.points],
        "added": list(done.added),
        "transaction_ids": list(done.transaction_ids),
    }


def _unit(unit: MarketUnit) -> dict[str, Any]:
    return {**shown(unit), "since": jsonable(datetime.fromtimestamp(unit.since, UTC))}
