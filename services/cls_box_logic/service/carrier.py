"""What all orders share: each is carried out once, whoever repeats it, and the journal tells of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from services.cls_box_logic.answers import Answers
from services.cls_box_logic.connector import Receipt
from services.cls_box_logic.errors import MarketRefused
from services.cls_box_logic.journal import Journal

Answer = dict[str, Any]


class Carrier:
    """Keeps each order's answer under its key."""

    def __init__(self, answers: Answers, journal: Journal) -> None:
        self._answers = answers
        self._journal = journal

    def carry(self, kind: str, key: str, body: Mapping[str, Any], place: Callable[[str], Answer]) -> Answer:
        """Carries an order out unless it was; a refusal by the market is an answer, too, and stays one.

        `body`: the order as JSON, which the key stands for; `slot` in it, if any, in seconds since the epoch.
        """
        full_key = f"order:{kind}:{key}"
        known = self._answers.begin(full_key, body)
        if known is not None:
            return _replayed(known)
        try:
            answer = place(full_key)
        except MarketRefused as refusal:
            self._answers.finish(full_key, {"rule": refusal.rule, "detail": str(refusal)})
            self._note(kind, body, {"rule": refusal.rule, "detail": str(refusal)})
            raise
        except BaseException:
            self._answers.release(full_key)
            raise
        self._answers.finish(full_key, {"answer": answer})
        self._note(kind, body, answer)
        return answer

    def _note(self, kind: str, body: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        details = {"order": kind, **body, "answer": dict(answer)}
        self._journal.append("order", details, market=str(body["market"]), slot=body.get("slot"))


def shown(receipt: Receipt) -> Answer:
    """Where an order's transaction stands."""
    return {"transaction_id": receipt.transaction_id, "block_num": receipt.block_num}


def _replayed(known: Mapping[str, Any]) -> Answer:
    if "rule" in known:
        raise MarketRefused(str(known["rule"]), str(known["detail"]))
    return dict(known["answer"])
