"""Routes of the reader."""

from __future__ import annotations

from typing import Any

from services.blockchain_connector.domain import EOS_NAME
from services.blockchain_connector.reader.service import Reader
from services.shared.web import Integer, Namespace, Problem, Query, Resource, Text, path_doc
from services.shared.web.tokens import GROUPS, SERVICE, groups

_BOUND = r"^[0-9A-Za-z.,_-]{1,64}$"
_PATH = path_doc(contract=Text("The contract's account", pattern=EOS_NAME), table=Text("The table", pattern=EOS_NAME))
_QUERY = Query(
    {
        "scope": Text("Market, box or account; the contract's own name when left out", pattern=r"^[A-Za-z1-5.]{1,13}$"),
        "lower": Text("The first key", pattern=_BOUND),
        "upper": Text("The last key", pattern=_BOUND),
        "index": Integer("1 is the primary one", 1, 16, default=1),
        "key_type": Text("How the bounds are written", choices=("i64", "name", "sha256")),
        "limit": Integer("Rows a page", 1, 1000, default=100),
        "cursor": Text("`next_cursor` of the page before", pattern=_BOUND),
    }
)
_LAST_BLOCK = 2**32 - 1
_BLOCKS_QUERY = Query(
    {
        "after": Integer("Blocks above this number only: the newest that the caller has", 0, _LAST_BLOCK),
        "limit": Integer("Blocks a page", 1, 100, default=20),
        "cursor": Integer("`next_cursor` of the page before", 1, _LAST_BLOCK),
    }
)
_ROWS = {
    "type": "object",
    "required": ["items", "next_cursor"],  # the others: not of connectors one version back
    "properties": {
        "items": {"type": "array", "items": {"type": "object", "additionalProperties": True}},
        "next_cursor": {"type": ["string", "null"]},
        "block_num": {
            "type": "integer",
            "description": "The head whose state the rows show; a node that is making the next block shows that one's "
            "transactions, too",
        },
        "block_id": {"type": "string"},
        "first_block_num": {
            "type": "integer",
            "description": "The head at the first page. Another than `block_num`: the pages do not show one state; who "
            "needs that begins again",
        },
    },
}
_NODES = {
    "type": "object",
    "required": ["items"],
    "properties": {
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": [
                    "url",
                    "condition",
                    "head_block_num",
                    "head_block_time",
                    "last_irreversible_block_num",
                ],
                "properties": {
                    "url": {"type": "string"},
                    "condition": {
                        "type": "string",
                        "enum": ["unknown", "ok", "lagging", "silent", "foreign"],
                        "description": "`lagging`: behind the others, or on a fork that they left; `foreign`: of "
                        "another chain, and never used",
                    },
                    "head_block_num": {"type": ["integer", "null"]},
                    "head_block_time": {"type": ["string", "null"]},
                    "last_irreversible_block_num": {"type": ["integer", "null"]},
                },
            },
        }
    },
}
_TRACE = {
    "type": "object",
    "required": ["transaction_id", "block_num", "block_time", "actions"],
    "properties": {
        "transaction_id": {"type": "string"},
        "block_num": {"type": "integer"},
        "block_time": {"type": "string", "format": "date-time"},
        "actions": {
            "type": "array",
            "description": "In the order of their effect, inline ones and notifications included",
            "items": {
                "type": "object",
                "required": ["global_sequence", "receiver", "account", "name", "authorization", "data", "return_value"],
                "properties": {
                    "global_sequence": {"type": "integer"},
                    "receiver": {"type": "string", "description": "Another than `account`: a notification"},
                    "account": {"type": "string", "description": "The contract"},
                    "name": {"type": "string"},
                    "authorization": {
                        "type": "array",
                        "description": "Account and permission of each",
                        "items": {"type": "array", "items": {"type": "string"}},
                    },
                    "data": {"description": "An object; as hex where no ABI fits"},
                    "return_value": {"type": "string", "description": "Hex"},
                },
            },
        },
    },
}
_BLOCK = {
    "type": "object",
    "required": ["number", "id", "previous_id", "irreversible", "time", "producer", "transactions"],
    "properties": {
        "number": {"type": "integer"},
        "id": {"type": "string"},
        "previous_id": {"type": "string"},
        "irreversible": {"type": "boolean", "description": "False: a fork may still undo it"},
        "time": {"type": "string", "format": "date-time"},
        "producer": {"type": "string"},
        "transactions": {"type": "array", "items": {"$ref": "#/definitions/TransactionTrace"}},
    },
}
_BLOCKS = {
    "type": "object",
    "required": ["items", "next_cursor"],
    "properties": {
        "items": {"type": "array", "items": {"$ref": "#/definitions/Block"}},
        "next_cursor": {"type": ["string", "null"], "description": "null: there are none below, or none above `after`"},
    },
}
_OPEN = {"type": "object", "additionalProperties": True}


def add_routes(v1: Namespace, reader: Reader) -> None:
    """GET /reader/table/{contract}/{table}; /transaction/{id}, /block/{num}, /blocks, /info, /nodes under /reader."""
    nodes_model = v1.schema_model("ChainNodes", _NODES)
    rows = v1.schema_model("Rows", _ROWS)
    transaction_model = v1.schema_model("TransactionTrace", _TRACE)
    block_model = v1.schema_model("Block", _BLOCK)
    blocks_model = v1.schema_model("Blocks", _BLOCKS)
    info_model = v1.schema_model("ChainInfo", _OPEN)

    @v1.route("/reader/table/<contract>/<table>")
    @v1.doc(params=_PATH)
    class Table(Resource):
        @v1.doc(params=_QUERY.doc())
        @v1.response(200, "Rows in the order of the index, integers always as numbers", rows)
        @v1.response(404, "No such contract or table")
        @groups(*GROUPS, SERVICE)
        def get(self, contract: str, table: str) -> dict[str, Any]:
            """A page of a table's rows."""
            Text("", pattern=EOS_NAME).parse("contract", contract)
            Text("", pattern=EOS_NAME).parse("table", table)
            query = _QUERY.read()
            return reader.table(contract, table, query)

    @v1.route("/reader/transaction/<transaction_id>")
    @v1.doc(params=path_doc(transaction_id=Text("The transaction's id", pattern="^[0-9a-f]{64}$")))
    class Transaction(Resource):
        @v1.response(200, "The transaction in its block, with all its actions", transaction_model)
        @v1.response(404, "It is in no block")
        @groups(*GROUPS, SERVICE)
        def get(self, transaction_id: str) -> dict[str, Any]:
            """A transaction with its decoded actions, inline ones included."""
            Text("", pattern="^[0-9a-f]{64}$").parse("transaction_id", transaction_id)
            found = reader.transaction(transaction_id)
            if found is None:
                raise Problem(404, "This transaction stands in no block that the node knows.")
            return found

    @v1.route("/reader/block/<number>")
    @v1.doc(params=path_doc(number=Integer("The block's number", 1, _LAST_BLOCK)))
    class Block(Resource):
        @v1.response(200, "The block", block_model)
        @v1.response(404, "There is no such block yet")
        @groups(*GROUPS, SERVICE)
        def get(self, number: str) -> dict[str, Any]:
            """A block with its decoded transactions."""
            return reader.block(Integer("", 1, _LAST_BLOCK).parse("number", number))

    @v1.route("/reader/blocks")
    class Blocks(Resource):
        @v1.doc(params=_BLOCKS_QUERY.doc())
        @v1.response(200, "The newest first, of one node and one fork", blocks_model)
        @groups(*GROUPS, SERVICE)
        def get(self) -> dict[str, Any]:
            """The last blocks with their decoded transactions, and on from there downwards."""
            return reader.blocks(_BLOCKS_QUERY.read())

    @v1.route("/reader/nodes")
    class Nodes(Resource):
        @v1.response(200, "Each as it is now", nodes_model)
        @groups("Admin", "EVU", SERVICE)
        def get(self) -> dict[str, Any]:
            """The chain's nodes that this connector knows."""
            return {"items": reader.nodes()}

    @v1.route("/reader/info")
    class Info(Resource):
        @v1.response(200, "Where the chain is", info_model)
        @groups(*GROUPS, SERVICE)
        def get(self) -> dict[str, Any]:
            """The chain's id, head and last irreversible block."""
            return reader.info()
