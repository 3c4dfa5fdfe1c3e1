"""A slot in which the seller still has something to sell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from deploy.local.boxes import BOXES
from services.shared.wait import wait_until
from tests.local_system import RunningSystem

UNIT = BOXES[0].units[0].mastr_nr
_LOCAL = ZoneInfo("Europe/Berlin")
_LEAST_WH = 20


@dataclass(frozen=True)
class Slot:
    """As the portal writes it."""

    day: str
    time: str


def find_slot(system: RunningSystem) -> Slot:
    """One that has its maximum on the chain, is not offered yet, and whose gate stays open for a while."""

    def found() -> Slot | None:
        now = datetime.now(UTC)
        for ahead in (0, 1):
            day = (now.astimezone(_LOCAL) + timedelta(days=ahead)).date().isoformat()
            told = system.get("seller", "background-manager-logic", "/market/day", unit_mastr_nr=UNIT, date=day)
            for item in told["items"]:
                start = datetime.fromisoformat(item["slot_start"]).astimezone(_LOCAL)
                end = datetime.fromisoformat(item["slot_end"]).astimezone(_LOCAL)
                free = (item["max_offer_wh"] or 0) - item["offered_wh"]
                if start > now + timedelta(hours=2) and free >= _LEAST_WH and not item["offered_wh"]:
                    return Slot(f"{start:%d.%m.%Y}", f"{start:%H:%M}–{end:%H:%M}")  # noqa: RUF001 - as the portal
        return None

    known = wait_until(found, 60, every=1, what="a slot that the seller may offer")
    assert known is not None
    return known
