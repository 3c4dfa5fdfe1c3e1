"""Inbox and answers: what they keep, and what they refuse."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from services.cls_box_logic.answers import KEEP_MS, Answers
from services.cls_box_logic.errors import Conflict, InFlight
from services.cls_box_logic.inbox import KEEP_MS as KEEP_DONE_MS
from services.cls_box_logic.inbox import Event, Inbox
from services.cls_box_logic.jobs import job_id_of
from services.cls_box_logic.problems import PROBLEMS

SLOT = 1_795_305_600


def event(event_id: str = "1.lem.1.1795305600", point: int = 1) -> Event:
    return Event(event_id, "lem", "senddata", point, SLOT, by_hand=False)


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    made = Inbox(tmp_path, lambda: SLOT * 1000)
    yield made
    made.close()


def test_an_event_is_kept_once_and_its_id_stands_for_one_content(inbox: Inbox) -> None:
    assert inbox.take(event())
    assert not inbox.take(event())
    with pytest.raises(Conflict):
        inbox.take(event(point=2))
    assert inbox.open_events() == [event()]
    inbox.finish(event().event_id, {"status": "delivered"})
    assert inbox.open_events() == []
    assert inbox.outcome(event().event_id) == {"status": "delivered"}


def test_a_batch_never_changes_and_a_new_one_has_another_key(inbox: Inbox) -> None:
    first = inbox.add_batch("lem", SLOT, [{"point": 1, "fed_in_wh": 5}], {2: "no value"})
    assert first.key == f"deliver:lem:{SLOT}"
    assert first.covers(1)
    assert first.covers(2)
    assert not first.covers(3)
    inbox.supersede(first, "too early")
    old, new = inbox.batches("lem", SLOT)
    assert old.outcome is not None
    assert new.outcome is None
    assert new.key == f"deliver:lem:{SLOT}:1"
    assert new.readings == first.readings


def test_an_event_from_before_the_clock_went_back_is_brought_back_like_an_old_one(tmp_path: Path) -> None:
    now = [SLOT * 1000]
    inbox = Inbox(tmp_path, lambda: now[0])
    inbox.take(event())
    assert inbox.open_events(before_ms=now[0] - 30_000) == []
    now[0] += 30_001
    assert inbox.open_events(before_ms=now[0] - 30_000) == [event()]
    now[0] -= 3_600_000
    assert inbox.open_events(before_ms=now[0] - 30_000) == [event()]
    inbox.close()


def test_an_event_that_a_full_disk_does_not_take_is_a_503_with_its_reason(inbox: Inbox) -> None:
    connection = inbox._database.connection()
    connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")

    def take_many() -> None:
        for number in range(1000):
            inbox.take(event(f"{number}.lem.1.{SLOT}"))

    with pytest.raises(sqlite3.OperationalError) as caught:
        take_many()
    problem = PROBLEMS[type(caught.value)](caught.value)
    assert (problem.status, "disk is full" in problem.detail) == (503, True)
    connection.execute("PRAGMA max_page_count = 1000000")
    assert inbox.take(event("later"))


def test_only_what_is_done_grows_old(tmp_path: Path) -> None:
    now = [SLOT * 1000]
    inbox = Inbox(tmp_path, lambda: now[0])
    for name, slot in (("done", SLOT), ("open", SLOT - 900)):
        inbox.take(Event(name, "lem", "senddata", 1, slot, by_hand=False))
        inbox.add_batch("lem", slot, [{"point": 1}], {})
    inbox.finish("done", {"status": "delivered"})
    inbox.finish_batch(inbox.batches("lem", SLOT)[0], {"status": "delivered"})
    now[0] += KEEP_DONE_MS
    inbox.prune()
    assert inbox.event("done") is not None
    now[0] += 1001
    inbox.prune()
    assert (inbox.event("done"), inbox.batches("lem", SLOT)) == (None, [])
    assert [event.event_id for event in inbox.open_events()] == ["open"]
    assert len(inbox.batches("lem", SLOT - 900)) == 1
    inbox.close()


def test_a_box_that_is_refused_for_days_does_not_fill_its_disk_with_tries(inbox: Inbox) -> None:
    inbox.finish_batch(inbox.add_batch("lem", SLOT, [{"point": 2}], {}), {"status": "delivered"})
    batch = inbox.add_batch("lem", SLOT, [{"point": 1}], {})
    for _ in range(50):
        inbox.supersede(batch, "the box's clock is wrong")
        batch = inbox.batches("lem", SLOT)[-1]
    assert [one.number for one in inbox.batches("lem", SLOT)] == [0, 50, 51]
    assert batch.key == f"deliver:lem:{SLOT}:51"
    assert inbox.add_batch("lem", SLOT, [{"point": 3}], {}).number == 52


def test_job_ids_are_what_rq_allows_and_differ_as_events_do() -> None:
    ids = {job_id_of(text) for text in ("1.lem.1.900", "1.lem.11.900", "1-lem-1-900", "1lem", "1_lem")}
    assert len(ids) == 5
    assert all(set(text) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") for text in ids)


@pytest.fixture
def answers_of(tmp_path: Path) -> Iterator[Callable[[str, int], Answers]]:
    made: list[Answers] = []

    def make(owner: str, now_ms: int = 0) -> Answers:
        made.append(Answers(tmp_path, lambda: now_ms, owner))
        return made[-1]

    yield make
    for answers in made:
        answers.close()


def test_the_same_key_gives_the_same_answer(answers_of: Any) -> None:
    answers = answers_of("a")
    assert answers.begin("k", {"x": 1}) is None
    with pytest.raises(InFlight):
        answers.begin("k", {"x": 1})
    answers.finish("k", {"answer": {"offer_id": 3}})
    assert answers.begin("k", {"x": 1}) == {"answer": {"offer_id": 3}}
    with pytest.raises(Conflict):
        answers.begin("k", {"x": 2})


def test_what_a_dead_process_left_unfinished_is_taken_over(answers_of: Any) -> None:
    answers_of("a").begin("k", {"x": 1})
    second = answers_of("b")
    with pytest.raises(Conflict):
        second.begin("k", {"x": 2})
    assert second.begin("k", {"x": 1}) is None
    second.release("k")
    assert second.begin("k", {"x": 2}) is None


def test_an_order_whose_answer_a_full_disk_did_not_take_is_not_under_way_for_ever(answers_of: Any) -> None:
    answers = answers_of("a")
    assert answers.begin("k", {"x": 1}) is None
    with sqlite3.connect(answers._database._file) as other:
        other.execute("CREATE TRIGGER full BEFORE UPDATE ON answers BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    with pytest.raises(sqlite3.Error):
        answers.finish("k", {"answer": {}})
    with sqlite3.connect(answers._database._file) as other:
        other.execute("DROP TRIGGER full")
    with pytest.raises(Conflict):
        answers.begin("k", {"x": 2})
    assert answers.begin("k", {"x": 1}) is None
    with pytest.raises(InFlight):
        answers.begin("k", {"x": 1})


def test_keys_live_seven_days(answers_of: Any) -> None:
    answers = answers_of("a")
    answers.begin("k", {"x": 1})
    answers.finish("k", {"answer": {}})
    assert answers_of("a", KEEP_MS + 1).begin("k", {"x": 2}) is None
