"""Forwards the triggering of an event to the chain (M-EVT-02). An event that is delivered twice has one effect."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from clients.blockchain_connector import EventByHand
from lambdas.neighbours import attempt, chain

logger = Logger(service="trigger-service")


@logger.inject_lambda_context(correlation_id_path="id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """`event`'s detail is the body of the Blockchain-Connector's `performer/trigger-event`; `account` may be left out.

    Gives {"transaction_id", "block_num"}. Raises NeighbourError and pydantic's ValidationError (a detail that is none):
    the platform tries again, then sets it aside.
    """
    order = EventByHand.model_validate({"account": "tbiadmin", **event["detail"]})
    with attempt(event):
        done = chain().call(lambda api, how: api.post_trigger_event(order, idempotency_key=event["id"], **how))
    logger.info("the event is on the chain", extra={"transaction_id": done.transaction_id})
    return {"transaction_id": done.transaction_id, "block_num": done.block_num}
