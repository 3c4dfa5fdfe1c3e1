"""M-LED-03, watched from outside: at every block the sum of all ledgers equals the market's token balance."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from market.values import Money
from services.shared.chain.client import ChainClient
from services.shared.chain.errors import ChainUnavailable

_BETWEEN_LOOKS_S = 0.1
_TRIES = 5


@dataclass
class MoneyWatch:
    """A thread that looks at each new block. `wrong` names the first block whose sums differ.

    `blocks` were looked at, of `passed` that were made meanwhile: a busy machine may miss one.
    """

    client: ChainClient
    blocks: int = 0
    passed: int = 0
    wrong: str = ""
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> MoneyWatch:
        self._thread = threading.Thread(target=self._watch, name="money")
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        seen = 0
        while not self._stop.wait(_BETWEEN_LOOKS_S) and not self.wrong:
            try:
                head = self.client.info().head_block_num
                if head != seen:
                    self._look(head)
                    self.passed += head - seen if seen else 1
                    seen = head
            except ChainUnavailable:
                continue

    def _look(self, head: int) -> None:
        """Tables are read one after the other, so a look counts only when nothing moved meanwhile."""
        for _ in range(_TRIES):
            before, tokens, after = self._ledgers(), self._tokens(), self._ledgers()
            if before != after:
                continue
            self.blocks += 1
            if before != tokens:
                self.wrong = f"block {head}: the ledgers hold {before}, the market's account {tokens} units of 1e-6 EUR"
            return

    def _ledgers(self) -> int:
        markets = [row["market"] for row in self.client.rows("tbimarket", "tbimarket", "markets")]
        accounts = [row for market in markets for row in self.client.rows("tbimarket", market, "ledger")]
        return sum(int(row["available"]) + int(row["locked"]) for row in accounts)

    def _tokens(self) -> int:
        balances = [row["balance"] for row in self.client.rows("tbitoken", "tbimarket", "accounts")]
        return sum(Money.from_asset(balance) for balance in balances if balance.endswith(" EUR"))
