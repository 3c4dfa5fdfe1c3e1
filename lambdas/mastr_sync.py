"""Synchronises the MaStR-Connector with the register. EventBridge may deliver an event twice: its id is the key."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.neighbours import attempt, mastr

logger = Logger(service="trigger-service")


@logger.inject_lambda_context(correlation_id_path="id")
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """`event` is EventBridge's. Gives {"job_id"}. Raises NeighbourError: the platform tries again, then sets aside."""
    with attempt(event):
        job = mastr().call(lambda api, how: api.post_update(idempotency_key=event["id"], **how))
    logger.info("the register's update has begun", extra={"job_id": job.job_id})
    return {"job_id": job.job_id}
