"""Routes of parameters and prices, and of what stands before the governors (M-ADM)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from market.rows import Params, Prices
from market.values import Money, Price
from services.background_manager_logic.api.common import LIST, listed
from services.background_manager_logic.api.market_common import MARKET, iso_or_none, market_of, parsed
from services.background_manager_logic.api.models_governance import COUNTS, LEVELS, TIMES, GovernanceModels
from services.background_manager_logic.service.governance import STATUSES, Governance, Kind
from services.shared.times import iso, parse_epoch
from services.shared.web import Namespace, Query, Resource, Text, invalid, path_doc, read_body
from services.shared.web.tokens import GROUPS, caller, groups

_OF_MARKET = Query({"market": MARKET})
_PROPOSALS = Query({**LIST, "status": Text("How it stands", choices=STATUSES)})
_NAME = Text("The proposal's name", pattern="^[a-z1-5.]{1,12}$")
_MAX_TIME = 2**32 - 1
_PROPOSED = "Stands before the governors, in a block"
_STOOD = "The same stands before the governors already"
_REFUSED = "The market would refuse it (`rule`: M-ADM-03, M-MKT-02); or it holds already"


def add_governance_routes(v1: Namespace, cases: Governance, shapes: GovernanceModels) -> None:
    """Add the routes to `v1`."""
    _add_parameters(v1, cases, shapes)
    _add_prices(v1, cases, shapes)
    _add_proposals(v1, cases, shapes)


def _add_parameters(v1: Namespace, cases: Governance, shapes: GovernanceModels) -> None:
    @v1.route("/market/parameters")
    class Parameters(Resource):
        @v1.doc(params=_OF_MARKET.doc())
        @v1.response(200, "What holds, what is coming, and what is proposed", shapes.parameters)
        @v1.response(404, "There is no such market")
        @groups(*GROUPS)
        def get(self) -> dict[str, Any]:
            """The market's parameters."""
            return _shown_rules(cases, market_of(_OF_MARKET.read()), "parameters")

        @v1.expect(shapes.new_parameters)
        @v1.response(200, _STOOD, shapes.proposal)
        @v1.response(201, _PROPOSED, shapes.proposal)
        @v1.response(404, "There is no such market")
        @v1.response(409, _REFUSED)
        @v1.response(503, "The chain does not answer")
        @groups("EVU")
        def put(self) -> tuple[dict[str, Any], int]:
            """Propose parameters to the governors; they hold when two of three have approved and it is executed."""
            body = read_body(shapes.new_parameters)
            return _put(cases, body, "parameters", _params(body))


def _add_prices(v1: Namespace, cases: Governance, shapes: GovernanceModels) -> None:
    @v1.route("/market/prices")
    class MarketPrices(Resource):
        @v1.doc(params=_OF_MARKET.doc())
        @v1.response(200, "What holds, what is coming, and what is proposed", shapes.prices)
        @v1.response(404, "There is no such market")
        @groups(*GROUPS)
        def get(self) -> dict[str, Any]:
            """The EVU's prices."""
            return _shown_rules(cases, market_of(_OF_MARKET.read()), "prices")

        @v1.expect(shapes.new_prices)
        @v1.response(200, _STOOD, shapes.proposal)
        @v1.response(201, _PROPOSED, shapes.proposal)
        @v1.response(404, "There is no such market")
        @v1.response(409, _REFUSED)
        @v1.response(503, "The chain does not answer")
        @groups("EVU")
        def put(self) -> tuple[dict[str, Any], int]:
            """Propose prices to the governors; they hold only when two of three have approved, and it is executed."""
            body = read_body(shapes.new_prices)
            return _put(cases, body, "prices", _prices(body))


def _add_proposals(v1: Namespace, cases: Governance, shapes: GovernanceModels) -> None:
    @v1.route("/market/proposals")
    class MarketProposals(Resource):
        @v1.doc(params=_PROPOSALS.doc())
        @v1.response(200, "A part of the list, the newest first", shapes.proposals)
        @groups(*GROUPS)
        def get(self) -> dict[str, Any]:
            """What was put before the governors, and what became of it."""
            query = _PROPOSALS.read()
            return listed(cases.list(query["status"], query["limit"], query["cursor"]), _proposal)

    @v1.route("/market/proposal/<string:name>")
    @v1.doc(params=path_doc(name=_NAME))
    class MarketProposal(Resource):
        @v1.response(200, "Taken back", shapes.proposal)
        @v1.response(404, "There is no such proposal of this side's")
        @v1.response(409, "It has ended")
        @v1.response(503, "The chain does not answer")
        @groups("EVU")
        def delete(self, name: str) -> dict[str, Any]:
            """Take back a proposal that was made here."""
            return _proposal(cases.cancel(_NAME.parse("name", name)))


def _put(cases: Governance, body: Mapping[str, Any], kind: Kind, row: Params | Prices) -> tuple[dict[str, Any], int]:
    proposal, is_new = cases.propose(market_of(body), kind, row, caller().username)
    return _proposal(proposal), 201 if is_new else 200


def _slot(body: Mapping[str, Any]) -> int:
    slot = parsed(body, "from_slot", parse_epoch)
    if not 0 < slot <= _MAX_TIME:
        raise invalid({"from_slot": "lies beyond what the chain can say"})
    return slot


def _params(body: Mapping[str, Any]) -> Params:
    levels = {name: int(parsed(body, f"{name}_ct_per_kwh", Price.from_ct_per_kwh)) for name in LEVELS}
    rest = {name: int(body[name]) for name in (*TIMES, *COUNTS)}
    return Params(
        from_slot=_slot(body), **rest, **levels, credit_line=int(parsed(body, "credit_line_eur", Money.from_eur))
    )


def _prices(body: Mapping[str, Any]) -> Prices:
    buy, sell = (int(parsed(body, f"{name}_ct_per_kwh", Price.from_ct_per_kwh)) for name in ("evu_buy", "evu_sell"))
    return Prices(_slot(body), buy, sell)


def _shown_rules(cases: Governance, market: str, kind: Kind) -> dict[str, Any]:
    found = cases.rules(market, kind)
    show = _SHOWN[kind]
    return {
        "market": found.market["market"],
        "slot_s": found.market["slot_s"],
        "horizon_s": found.market["horizon_s"],
        "items": [show(row) for row in found.items],
        "holds": show(found.holds or found.items[0]),
        "coming": [show(row) for row in found.coming],
        "proposals": [_proposal(one) for one in found.proposals],
    }


def _shown_parameters(row: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {name: row[name] for name in (*TIMES, *COUNTS)}
    shown |= {f"{name}_ct_per_kwh": Price(row[name]).ct_per_kwh for name in LEVELS}
    return {
        "from_slot": iso_or_none(row["from_slot"] or None),
        **shown,
        "credit_line_eur": Money(row["credit_line"]).eur,
    }


def _shown_prices(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "from_slot": iso_or_none(row["from_slot"] or None),
        "evu_buy_ct_per_kwh": Price(row["evu_buy"]).ct_per_kwh,
        "evu_sell_ct_per_kwh": Price(row["evu_sell"]).ct_per_kwh,
    }


_SHOWN = {"parameters": _shown_parameters, "prices": _shown_prices}


def _proposal(one: Mapping[str, Any]) -> dict[str, Any]:
    approvals = [
        {"governor": approval["account"], "approved_at": iso_or_none(approval["approved_at"])}
        for approval in one["approvals"]
    ]
    return {
        "name": one["name"],
        "proposer": one["proposer"],
        "status": one["status"],
        "changes": [_change(change) for change in one["changes"]],
        "approvals": approvals,
        "needed": one["threshold"],
        "expires_at": iso(one["expires_at"]),
        "proposed_at": iso(one["order"]),
        "proposed_by": one["proposed_by"],
        "ended_at": iso_or_none(one["ended_at"]),
        "hash": one["hash"],
        "transaction_id": one["transaction_id"],
    }


def _change(change: Mapping[str, Any]) -> dict[str, Any]:
    row, kind = change["row"], change["kind"]
    return {
        "kind": kind,
        "action": change["action"],
        "market": change["market"],
        "parameters": _shown_parameters(row) if kind == "parameters" else None,
        "prices": _shown_prices(row) if kind == "prices" else None,
        "text": change["text"],
    }
