"""From an event to a delivery: measure the slot once, have it signed and sent once, whatever happens in between."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from market.values import EosName, Slot
from services.cls_box_logic.connector import Connector
from services.cls_box_logic.domain.delivery import OwnPoint, PointReading, deliver_action, read_point
from services.cls_box_logic.domain.energy import Missing, Pending, energy_of_slot
from services.cls_box_logic.errors import BoxError, ChainAway, ConnectorBroken, MarketRefused, TryLater
from services.cls_box_logic.inbox import Batch, Event, Inbox
from services.cls_box_logic.journal import Journal
from services.cls_box_logic.ownership import Ownership
from services.cls_box_logic.participation import Participation
from services.cls_box_logic.samples import SampleStore
from services.shared.wait import wait_until

_log = logging.getLogger(__name__)

DELIVERED_ALREADY = "M-DEL-02"
TOO_EARLY = "M-DEL-03"
SOON_MS = 2000
"""A block's time runs up to a block ahead of the clock, so an event can come just before its slot has ended, and before
the sample at the border. A job waits this long for both; what lies further ahead is tried again later.
"""

AHEAD = 32
"""So many slots are sent, at most, before the first one's block is waited for; the node has one transaction of each."""

Outcome = dict[str, Any]


class Delivery:
    """Works on events, one at a time."""

    def __init__(
        self,
        *,
        ownership: Ownership,
        inbox: Inbox,
        journal: Journal,
        samples: SampleStore,
        participation: Participation,
        connector: Connector,
        clock_ms: Callable[[], int],
        tolerance_ms: int,
        most_w: Callable[[str], int | None] = lambda _channel: None,
    ) -> None:
        self._ownership = ownership
        self._inbox = inbox
        self._journal = journal
        self._samples = samples
        self._participation = participation
        self._connector = connector
        self._clock_ms = clock_ms
        self._tolerance_ms = tolerance_ms
        self._most_w = most_w
        self._handed_over: set[str] = set()

    def work_in_order(self, event: Event) -> Outcome:
        """Works on an event after those that came before it and are still open, so that an outage's slots arrive in
        order. One that cannot be done for reasons of its own holds nobody up. Raises as `work_on`.
        """
        waiting = self._inbox.open_events()
        self._send_ahead(waiting)
        for earlier in waiting:
            if earlier == event:
                break
            try:
                self.work_on(earlier)
            except ChainAway:
                raise
            except BoxError as error:
                _log.info("event %s stays open: %s", earlier.event_id, error)
        return self.work_on(event)

    def _send_ahead(self, waiting: list[Event]) -> None:
        """After an outage: sends slot after slot without waiting for each one's block, which is asked for afterwards.

        So an outage's slots are on the chain in the time of some transactions instead of as many blocks.
        """
        asked = [event for event in waiting if event.kind == "senddata"][:AHEAD]
        if len(asked) < 2 or self._ownership.known_account() is None:
            return
        for event in asked:
            try:
                if not self._is_long_over(event):
                    return
                for batch in self._measured(event):
                    self._hand_over(batch)
            except ChainAway:
                raise
            except BoxError as error:
                _log.info("event %s is not sent ahead: %s", event.event_id, error)

    def _is_long_over(self, event: Event) -> bool:
        """Whether the samples at the slot's end must be there: nothing is waited for ahead of its turn."""
        end_ms = (event.slot + self._participation.slot_s(EosName(event.market))) * 1000
        return self._clock_ms() > end_ms + self._tolerance_ms

    def _hand_over(self, batch: Batch) -> None:
        if batch.outcome is not None or not batch.readings or batch.key in self._handed_over:
            return
        self._note_measured(batch)
        market, slot = EosName(batch.market), Slot(batch.slot)
        action = deliver_action(market, self._ownership.account(), slot, batch.readings)
        self._handed_over.add(batch.key)
        try:
            self._connector.hand_over([action], batch.key)
        except ChainAway:
            self._handed_over.discard(batch.key)
            raise

    def work_on(self, event: Event) -> Outcome:
        """Does what an event asks for and notes it; done before, it gives the same outcome.

        Raises TryLater, ChainAway and other BoxErrors when it cannot be done now.
        """
        outcome = self._inbox.outcome(event.event_id)
        if outcome is None:
            outcome = self._deliver(event) if event.kind == "senddata" else _ignored(event)
            self._inbox.finish(event.event_id, outcome)
        return outcome

    def _deliver(self, event: Event) -> Outcome:
        if self._ownership.known_account() is None:
            raise TryLater("the box has no account yet; its deliveries wait")
        for batch in self._measured(event):
            if batch.outcome is None:
                self._send(EosName(event.market), Slot(event.slot), batch)
                self._handed_over.discard(batch.key)
        return self._outcome_for(event)

    def _measured(self, event: Event) -> list[Batch]:
        """The batches of an event's slot, of which one covers its point; measured now if it never was."""
        market, slot = EosName(event.market), Slot(event.slot)
        batches = self._inbox.batches(market, slot)
        if not any(batch.covers(event.point) for batch in batches):
            batches.append(self._measure(market, slot, event.point, batches))
        return batches

    def _measure(self, market: EosName, slot: Slot, asked: int, earlier: list[Batch]) -> Batch:
        """Measures all points of the box that are not measured yet, and keeps that before anything is sent."""
        end_ms = (slot + self._participation.slot_s(market)) * 1000
        points = [
            point
            for point in self._participation.points(market)
            if point.since <= slot and not any(batch.covers(point.id) for batch in earlier)
        ]
        self._participation.check_point(market, asked)
        self._wait_for_end(points, slot * 1000, end_ms)
        readings, missing = [], {}
        for point in points:
            found = self._read(point, slot * 1000, end_ms)
            if isinstance(found, Pending):
                raise TryLater("the sample at the slot's end is still to come")
            if isinstance(found, Missing):
                missing[point.id] = found.reason
            else:
                readings.append(found)
        if asked not in [point.id for point in points]:
            missing[asked] = "the point is not this box's in this market, or was registered after the slot"
        for point_id, reason in missing.items():
            _log.warning("market %s, slot %d, point %d is missing: %s", market, slot, point_id, reason)
        notes = {
            reading.point: {
                "substituted": reading.substituted,
                "remarks": list(reading.remarks),
                "clock": reading.clock,
            }
            for reading in readings
        }
        return self._inbox.add_batch(market, slot, [reading.to_action() for reading in readings], missing, notes)

    def _note_measured(self, batch: Batch) -> None:
        """Before a batch is sent, the journal has what is in it; once, however often that is tried."""
        note = partial(self._journal.append, market=batch.market, slot=batch.slot)
        for reading in batch.readings:
            point = int(reading["point"])
            details = {**reading, **batch.notes.get(point, {})}
            note("measured", details, once=f"{batch.market}:{batch.slot}/{point}")
        for point, reason in batch.missing.items():
            details = {"point": point, "reason": reason}
            note("missing", details, once=f"{batch.market}:{batch.slot}/{point}")

    def _wait_for_end(self, points: list[OwnPoint], begin_ms: int, end_ms: int) -> None:
        """Raises TryLater when the slot's end, or the samples at it, are not there soon."""
        now_ms = self._clock_ms()
        if end_ms - now_ms > SOON_MS:
            raise TryLater("the slot is not over yet")
        soon_s = max(0, end_ms + SOON_MS - now_ms) / 1000  # long over, what is not there is not waited for

        def is_over() -> bool:
            return self._clock_ms() >= end_ms and not any(
                isinstance(self._read(point, begin_ms, end_ms), Pending) for point in points
            )

        try:
            wait_until(is_over, soon_s, what="the samples at the slot's end")
        except TimeoutError as error:
            raise TryLater("the sample at the slot's end is still to come") from error

    def _read(self, point: OwnPoint, begin_ms: int, end_ms: int) -> PointReading | Missing | Pending:
        margin = self._tolerance_ms

        def counter(channel: str) -> Any:
            series = self._samples.series(channel, begin_ms - margin, end_ms + margin)
            return energy_of_slot(series, begin_ms, end_ms, margin, self._most_w(channel))

        return read_point(point, counter)

    def _send(self, market: EosName, slot: Slot, batch: Batch) -> None:
        """Has a batch written to the chain and notes the answer."""
        self._note_measured(batch)
        if not batch.readings:
            self._inbox.finish_batch(batch, {"status": "missing"})
            return
        action = deliver_action(market, self._ownership.account(), slot, batch.readings)
        try:
            receipt = self._connector.transact([action], batch.key)
        except MarketRefused as refusal:
            self._refused(market, slot, batch, refusal)
            return
        except ConnectorBroken as broken:
            self._again_under_a_new_key(market, slot, batch, str(broken))
        outcome = {"transaction_id": receipt.transaction_id, "block_num": receipt.block_num}
        self._journal.append("sent", {**outcome, "action": action}, market=market, slot=slot, once=batch.key)
        self._inbox.finish_batch(batch, {"status": "delivered", **outcome})

    def _refused(self, market: EosName, slot: Slot, batch: Batch, refusal: MarketRefused) -> None:
        details = {"rule": refusal.rule, "detail": str(refusal)}
        self._journal.append("refused", details, market=market, slot=slot)
        if refusal.rule == TOO_EARLY:
            self._again_under_a_new_key(market, slot, batch, str(refusal))
        if refusal.rule != DELIVERED_ALREADY:
            self._inbox.finish_batch(batch, {"status": "refused", **details})
            return
        rest = self._not_on_chain(market, slot, batch)
        self._inbox.finish_batch(batch, {"status": "delivered", "already": True, **details})
        if rest:
            self._send(market, slot, self._inbox.add_batch(market, slot, rest, {}))

    def _again_under_a_new_key(self, market: EosName, slot: Slot, batch: Batch, why: str) -> NoReturn:
        """The same readings as the next batch: the refusal of a key is final, the reason for it is not."""
        self._inbox.supersede(batch, why)
        raise TryLater(f"market {market}, slot {slot}: {why}")

    def _not_on_chain(self, market: EosName, slot: Slot, batch: Batch) -> list[dict[str, Any]]:
        """Of a batch that was refused since some of it is there already: the readings that are not."""
        if len(batch.readings) < 2:
            return []
        rows = self._connector.rows("tbimarket", "readings", market, lower=slot << 32, upper=slot << 32 | 0xFFFFFFFF)
        there = {int(row["key"]) & 0xFFFFFFFF for row in rows}
        rest = [reading for reading in batch.readings if reading["point"] not in there]
        return rest if len(rest) < len(batch.readings) else []

    def _outcome_for(self, event: Event) -> Outcome:
        """What became of an event's point: that of the last batch which has it."""
        batches = [b for b in self._inbox.batches(event.market, event.slot) if b.covers(event.point)]
        last = batches[-1]
        if event.point in last.missing:
            return {"status": "missing", "reason": last.missing[event.point]}
        return dict(last.outcome or {})


def _ignored(event: Event) -> Outcome:
    return {"status": "ignored", "reason": f"events of kind {event.kind} ask for nothing that this box does"}
