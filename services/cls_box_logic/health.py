"""The checks behind GET /health."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from redis.exceptions import RedisError

from services.cls_box_logic.connector import Connector
from services.cls_box_logic.errors import ChainAway, OpenEmsUnavailable
from services.cls_box_logic.jobs import EventQueue
from services.cls_box_logic.journal import Journal, iso_ms
from services.cls_box_logic.openems import OpenEms
from services.cls_box_logic.sampler import SamplerState
from services.cls_box_logic.service.notary import Notary
from services.cls_box_logic.uplink import signal
from services.shared.web import CheckFailed, HealthCheck

LEAST_FREE_MB: Final = 100
"""Below it somebody has to make room: the stores' write-ahead logs and the journal want it first."""


def checks(
    *,
    openems: OpenEms,
    connector: Connector,
    queue: EventQueue,
    sampler: Callable[[], SamplerState],
    address: str,
    journal: Journal,
    notary: Notary,
    background: Callable[[], str | None],
    free_mb: Callable[[], int],
) -> dict[str, HealthCheck]:
    """One check each for neighbours, sampler, journal, disk, threads, and uplink (`address`: the box's own)."""

    def openems_answers() -> str:
        try:
            values = openems.values(["_sum/State"])
        except OpenEmsUnavailable as error:
            raise CheckFailed(str(error)) from error
        return f"answers; state {values.get('_sum/State')}"

    def connector_is_well() -> str:
        found = _connector_health(connector).get("checks", {})
        ill = [f"{name}: {check.get('detail')}" for name, check in found.items() if check.get("status") != "ok"]
        if ill:
            raise CheckFailed("; ".join(ill))
        return "answers; well are " + ", ".join(sorted(found))

    def uplink_is_up() -> str:
        chain = _connector_health(connector).get("checks", {}).get("chain", {})
        if chain.get("status") != "ok":
            raise CheckFailed(f"{address} does not reach the chain; {signal()}")
        return f"{address} reaches the chain; {signal()}"

    def tpm_is_well() -> str:
        tpm = _connector_health(connector).get("checks", {}).get("tpm")
        if tpm is None:
            raise CheckFailed("the connector does not tell of the TPM; see whether its version is the box's")
        if tpm.get("status") != "ok":
            raise CheckFailed(str(tpm.get("detail", "not well")))
        return str(tpm.get("detail", "well"))

    def redis_answers() -> str:
        try:
            queue.ping()
        except RedisError as error:
            raise CheckFailed(f"Redis does not answer ({type(error).__name__}); see whether it runs") from error
        return "answers"

    def sampler_is_well() -> str:
        state = sampler()
        if state.trouble is not None:
            raise CheckFailed(state.trouble)
        newest = "none yet" if state.newest_ms is None else iso_ms(state.newest_ms)
        following = (
            "none: the box takes part in no market" if state.next_border_ms is None else iso_ms(state.next_border_ms)
        )
        return f"last sample {newest}, next border {following}"

    def journal_has_room() -> str:
        state = journal.state()
        if state.trouble is not None:
            raise CheckFailed(state.trouble)
        unsigned = f"; not signed: {notary.trouble}" if notary.trouble else ""
        return f"{state.used:.0%} full, {state.last} entries, signed up to {state.signed}{unsigned}"

    def disk_has_room() -> str:
        free = free_mb()
        if free < LEAST_FREE_MB:
            raise CheckFailed(
                f"{free} MB are free on the box's disk; full, nothing is measured and nothing sent: make room on it"
            )
        return f"{free} MB free"

    def threads_run() -> str:
        if (trouble := background()) is not None:
            raise CheckFailed(f"begun again after an error, see the log: {trouble}")
        return "all run"

    return {
        "openems": openems_answers,
        "connector": connector_is_well,
        "uplink": uplink_is_up,
        "tpm": tpm_is_well,
        "redis": redis_answers,
        "sampler": sampler_is_well,
        "journal": journal_has_room,
        "disk": disk_has_room,
        "threads": threads_run,
    }


def _connector_health(connector: Connector) -> dict[str, Any]:
    try:
        return connector.health()
    except ChainAway as error:
        raise CheckFailed(str(error)) from error
