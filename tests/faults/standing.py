"""What of a day's orders stands on the chain for good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from services.shared.chain.client import ChainClient
from services.shared.wait import wait_until
from tests.faults.orders import Answered

Trace = tuple[str, ...]
_PATIENCE_S: Final = 60
_EVU: Final = "tbievu"


@dataclass
class Standing:
    """Orders in irreversible blocks, each with how often; `deliveries` counts (slot, point). Goes on where it was."""

    client: ChainClient
    market: str
    next_block: int
    orders: Counter[Trace] = field(default_factory=Counter)
    deliveries: Counter[tuple[int, int]] = field(default_factory=Counter)

    def catch_up(self) -> None:
        """Up to a block that is not made yet. Raises TimeoutError when none becomes irreversible."""
        wanted = self.client.info().head_block_num + 1
        wait_until(lambda: self.client.info().last_irreversible_block_num >= wanted, _PATIENCE_S, what="finality")
        for number in range(self.next_block, self.client.info().last_irreversible_block_num + 1):
            for transaction in self.client.block(number)["transactions"]:
                self._take(transaction.actions)
            self.next_block = number + 1

    def missing(self, accepted: Iterable[Answered]) -> list[str]:
        """What was said to be done and is not there."""
        return [_shown(answer) for answer in accepted if self.orders[answer.order.trace] == 0]

    def doubled(self) -> list[str]:
        """What is there more than once: every order differs from every other."""
        twice = [f"{' '.join(trace)}: {times} times" for trace, times in self.orders.items() if times > 1]
        return twice + [f"delivery of {place}: {times} times" for place, times in self.deliveries.items() if times > 1]

    def done_though_refused(self, refused: Iterable[Answered]) -> list[str]:
        """What is there though somebody was told that it is not."""
        return [_shown(answer) for answer in refused if self.orders[answer.order.trace]]

    def _take(self, actions: Iterable[Mapping[str, Any]]) -> None:
        for action in actions:
            if action["receiver"] != action["account"]:
                continue  # a notification
            self.orders.update(self._traces(action["account"], action["name"], action["data"]))
            if (action["account"], action["name"]) == ("tbimarket", "deliver") and action["data"][
                "market"
            ] == self.market:
                slot = int(action["data"]["slot"])
                self.deliveries.update((slot, int(reading["point"])) for reading in action["data"]["readings"])

    def _traces(self, account: str, name: str, data: Any) -> Iterator[Trace]:
        if account == "tbimarket" and name in ("offer", "bid", "withdraw") and data["market"] == self.market:
            if name == "offer":
                yield "offer", data["seller"], str(data["slot"]), str(data["energy_wh"])
            elif name == "bid":
                yield "bid", data["bidder"], str(data["offer"]), str(data["price"])
            else:
                yield "withdraw", data["owner"], data["quantity"]
        if account == "tbitoken" and name == "transfer":
            if data["from"] == _EVU:
                yield "credit", data["to"], data["quantity"]
            elif (data["to"], data["memo"]) == ("tbimarket", self.market):
                yield "deposit", data["from"], data["quantity"]


def _shown(answer: Answered) -> str:
    told = {name: answer.told[name] for name in ("transaction_id", "rule", "detail") if name in answer.told}
    return f"{' '.join(answer.order.trace)} (answered {answer.status} after {answer.tries} tries: {told})"
