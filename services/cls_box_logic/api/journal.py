"""The journal's route, in the form in which somebody else can check it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from services.cls_box_logic.auth import cloud_may
from services.cls_box_logic.journal import shown, shown_head
from services.shared.web import Integer, Namespace, Query, Resource
from services.shared.web.restx import Model

if TYPE_CHECKING:
    from services.cls_box_logic.app import UseCases

KINDS = ["event", "measured", "missing", "sent", "refused", "order", "bound", "control"]

_QUERY = Query(
    {
        "since": Integer("The number of the last entry that the caller has", 0, 2**53, default=0),
        "limit": Integer("Entries at most", 1, 1000, default=100),
    }
)
_TEXT, _MAYBE_TEXT, _INT = {"type": "string"}, {"type": ["string", "null"]}, {"type": "integer"}
_HASH = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def add_journal_routes(v1: Namespace, cases: UseCases) -> None:
    journal = _model(v1)

    @v1.route("/journal")
    @v1.doc(params=_QUERY.doc())
    class Journal(Resource):
        @cloud_may
        @v1.response(200, "Entries, oldest first, with the heads among them that the TPM signed", journal)
        def get(self) -> dict[str, Any]:
            """What was measured, signed and sent: a chain of hashes that anybody can check (README.md says how)."""
            query = _QUERY.read()
            before, before_hash = cases.journal.before(query["since"])
            entries = cases.journal.since(before, query["limit"])
            last = entries[-1].seq if entries else before
            return {
                "previous": {"seq": before, "hash": before_hash.hex()},
                "items": [shown(entry) for entry in entries],
                "heads": [shown_head(head) for head in cases.journal.heads(before, last)],
                "next_since": last,
            }


def _model(v1: Namespace) -> Model:
    def model(name: str, required: str, **properties: Any) -> Model:
        return v1.schema_model(name, {"type": "object", "required": required.split(), "properties": properties})

    model(
        "Entry",
        "seq at kind market slot_start data hash",
        seq=_INT,
        at=_TEXT,
        kind={"type": "string", "enum": KINDS},
        market=_MAYBE_TEXT,
        slot_start=_MAYBE_TEXT,
        data={"type": "object", "additionalProperties": True},
        hash={**_HASH, "description": "SHA-256 over the hash before and this entry"},
    )
    model(
        "Head",
        "seq hash signature public_key at",
        seq=_INT,
        hash=_HASH,
        signature={**_TEXT, "description": "SIG_R1_..., over SHA-256('tbienergy journal v1' + 00 + hash)"},
        public_key={**_TEXT, "example": "PUB_R1_..."},
        at=_TEXT,
    )
    return model(
        "Journal",
        "previous items heads next_since",
        previous={
            "type": "object",
            "description": "After which entry these come: `since`, or the last one that was removed to make room",
            "required": ["seq", "hash"],
            "properties": {"seq": _INT, "hash": _HASH},
        },
        items={"type": "array", "items": {"$ref": "#/definitions/Entry"}},
        heads={"type": "array", "items": {"$ref": "#/definitions/Head"}},
        next_since=_INT,
    )
