"""Routes of the history (cloud side)."""

from __future__ import annotations

from typing import Any

from services.blockchain_connector.domain import EOS_NAME
from services.blockchain_connector.reader.history import History
from services.shared.web import Integer, Namespace, Query, Resource, Text, path_doc
from services.shared.web.tokens import GROUPS, SERVICE, groups

_LAST_BLOCK = 2**32 - 1
_PAGE: dict[str, Text | Integer] = {
    "limit": Integer("Actions a page", 1, 1000, default=100),
    "cursor": Text("`next_cursor` of the page before", pattern="^[0-9]{1,18}$"),
}
_LAST_QUERY = Query(_PAGE)
_QUERY = Query(
    {
        "from_block": Integer("The first block", 1, _LAST_BLOCK, default=1),
        "to_block": Integer("The last block", 1, _LAST_BLOCK, default=_LAST_BLOCK),
        **_PAGE,
    }
)
_ACTION = {
    "type": "object",
    "required": ["event_id", "block_num", "block_time", "transaction_id", "account", "name", "authorization", "data"],
    "properties": {
        "event_id": {"type": "integer", "description": "Its id in the irreversible stream"},
        "block_num": {"type": "integer"},
        "block_time": {"type": "integer", "description": "Seconds since the epoch, as contracts see it"},
        "transaction_id": {"type": "string"},
        "global_sequence": {"type": "integer"},
        "account": {"type": "string", "description": "The contract"},
        "name": {"type": "string"},
        "authorization": {"type": "array", "items": {"type": "string"}},
        "data": {"type": "object", "additionalProperties": True},
    },
}
_HISTORY = {
    "type": "object",
    "required": ["items", "next_cursor", "block_num", "oldest_block_num"],
    "properties": {
        "items": {"type": "array", "items": _ACTION},
        "next_cursor": {"type": ["string", "null"]},
        "block_num": {"type": "integer", "description": "The last irreversible block that was taken in"},
        "oldest_block_num": {"type": "integer", "description": "What happened before it is no longer kept"},
    },
}
_GONE = "The page before lies further back than what is kept; `oldest` is the first event that is"


def add_routes(v1: Namespace, history: History) -> None:
    """GET /reader/history, /reader/history/account/{account} and /reader/history/offer/{market}/{offer}."""
    model = v1.schema_model("History", _HISTORY)

    @v1.route("/reader/history")
    class LastActions(Resource):
        @v1.doc(params=_LAST_QUERY.doc())
        @v1.response(200, "Actions of the market's contracts, the newest first", model)
        @groups(*GROUPS, SERVICE)
        def get(self) -> dict[str, Any]:
            """What happened on the market last, once it is irreversible."""
            return history.last(_LAST_QUERY.read())

    @v1.route("/reader/history/account/<account>")
    @v1.doc(params=path_doc(account=Text("The account", pattern=EOS_NAME)))
    class OfAccount(Resource):
        @v1.doc(params=_QUERY.doc())
        @v1.response(200, "Actions of the market's contracts that it signed or that name it, the oldest first", model)
        @v1.response(410, _GONE)
        @groups(*GROUPS, SERVICE)
        def get(self, account: str) -> dict[str, Any]:
            """What an account did and what happened to it, once it is irreversible."""
            Text("", pattern=EOS_NAME).parse("account", account)
            return history.of_account(account, _QUERY.read())

    @v1.route("/reader/history/offer/<market>/<offer>")
    @v1.doc(params=path_doc(market=Text("The market", pattern=EOS_NAME), offer=Integer("The offer's id", 1, 2**53)))
    class OfOffer(Resource):
        @v1.doc(params=_QUERY.doc())
        @v1.response(200, "Actions that name the offer, the oldest first", model)
        @v1.response(410, _GONE)
        @groups(*GROUPS, SERVICE)
        def get(self, market: str, offer: str) -> dict[str, Any]:
            """What happened to an offer, once it is irreversible."""
            Text("", pattern=EOS_NAME).parse("market", market)
            return history.of_offer(market, Integer("", 1, 2**53).parse("offer", offer), _QUERY.read())
