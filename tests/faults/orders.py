"""What people order while parts die: each order under one key, repeated until somebody says yes or no for good."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import requests

from deploy.local.fill.people import MANAGER

_REPEAT_S: Final = (0.3, 3.0)
"""The pause before an order is sent again: twice as long each time, up to the second."""
_TIMEOUT_S: Final = (3, 60)
_AWAY: Final = (502, 503, 504)
_MAY_PASS: Final = (409, 429)


@dataclass(frozen=True)
class Order:
    """`trace`: what of it must stand on the chain, and how it is told from every other order there."""

    path: str
    body: Mapping[str, Any]
    trace: tuple[str, ...]
    key: str = field(default_factory=lambda: uuid.uuid4().hex)


@dataclass(frozen=True)
class Answered:
    """What an order was answered in the end. `tries`: how often it was sent."""

    order: Order
    status: int
    told: Mapping[str, Any]
    tries: int
    at: float

    @property
    def accepted(self) -> bool:
        return self.status in (200, 201)


@dataclass
class Trader:
    """A thread that orders one thing after the other until it is told to stop; the last one is brought to its end.

    `faults`: answers that no user may get, whatever dies: a 500, or a token that is refused.
    """

    name: str
    gateway: str
    token: str = field(repr=False)
    orders: Iterator[Order | None]
    pause_s: float = 0.5
    answered: list[Answered] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._trade, name=self.name)
        self._thread.start()

    def stop(self) -> None:
        """Returns when the last order is answered."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def accepted(self) -> list[Answered]:
        return [answer for answer in list(self.answered) if answer.accepted]

    def refused(self) -> list[Answered]:
        return [answer for answer in list(self.answered) if not answer.accepted]

    def _trade(self) -> None:
        while not self._stop.wait(self.pause_s):
            order = next(self.orders)
            if order is not None:
                self.answered.append(self._carry_through(order))

    def _carry_through(self, order: Order) -> Answered:
        tries = 0
        while True:
            tries += 1
            answer = self._send(order)
            if answer is not None and not self._may_pass(answer):
                if answer.status_code not in (200, 201, 400, 404, 409):
                    self.faults.append(f"{self.name}, {order.path}: {answer.status_code} {answer.text[:300]}")
                return Answered(order, answer.status_code, _told(answer), tries, time.time())
            time.sleep(min(_REPEAT_S[0] * 2**tries, _REPEAT_S[1]))

    @staticmethod
    def _may_pass(answer: requests.Response) -> bool:
        away = answer.status_code in _AWAY
        return away or (answer.status_code in _MAY_PASS and "Retry-After" in answer.headers)

    def _send(self, order: Order) -> requests.Response | None:
        """None: nobody answered, so nobody knows what became of it."""
        headers = {"Idempotency-Key": order.key, "Authorization": f"Bearer {self.token}"}
        try:
            with requests.Session() as http:
                http.trust_env = False
                url = f"{self.gateway}{MANAGER}{order.path}"
                return http.post(url, json=order.body, headers=headers, timeout=_TIMEOUT_S)
        except requests.RequestException:
            return None


def _told(answer: requests.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {"text": answer.text[:300]}
    return told if isinstance(told, dict) else {"told": told}
