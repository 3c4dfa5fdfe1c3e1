"""Who is told of an event is told at once; nobody waits for it, and nothing that goes wrong ends it."""

from __future__ import annotations

import queue
import threading
import time

from services.blockchain_connector.knocks import Knocks
from services.blockchain_connector.loop import Loop
from services.blockchain_connector.participants import ManagerSilent, ManagerWrong

_SOON_S = 10.0


def test_a_knock_that_fails_ends_no_other() -> None:
    told: queue.Queue[str] = queue.Queue()
    wrong = {"silent": ManagerSilent("away"), "wrong": ManagerWrong("strange"), "broken": RuntimeError("broken")}

    def knock(box: str) -> None:
        told.put(box)
        if box in wrong:
            raise wrong[box]

    knocks = Knocks(knock)
    boxes = ["silent", "wrong", "broken", "silent", "wrong", "broken", "box1"]
    for box in boxes:
        knocks.soon(box)
    assert sorted(told.get(timeout=_SOON_S) for _ in boxes) == sorted(boxes)


def test_a_box_that_is_slow_keeps_nobody_waiting() -> None:
    told: queue.Queue[str] = queue.Queue()
    answers = threading.Event()

    def knock(box: str) -> None:
        if box == "slow":
            answers.wait(_SOON_S)
        told.put(box)

    knocks = Knocks(knock)
    for box in ("slow", "box1"):
        knocks.soon(box)
    assert told.get(timeout=_SOON_S) == "box1"
    answers.set()
    assert told.get(timeout=_SOON_S) == "slow"


def test_a_loop_that_is_woken_does_not_wait_for_its_pauses_end() -> None:
    rounds: queue.Queue[float] = queue.Queue()
    loop = Loop("test", lambda: rounds.put(time.monotonic()), lambda: 3600.0)
    loop.start()
    rounds.get(timeout=_SOON_S)
    for _ in range(3):
        loop.wake()
        rounds.get(timeout=_SOON_S)
    loop.stop()
    assert not loop.is_alive
