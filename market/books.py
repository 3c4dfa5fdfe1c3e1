"""The state of the markets: tables of frozen rows that can be taken back to where they stood.

On the chain a refused action leaves no trace. Here every table writes what it replaces into one journal, and a
refusal rolls that back.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from market import rows

K = TypeVar("K", int, str)
V = TypeVar("V")


@dataclass
class Journal:
    """What was there before, newest last."""

    _undo: list[Callable[[], None]] = field(default_factory=list)

    def note(self, undo: Callable[[], None]) -> None:
        self._undo.append(undo)

    def keep(self) -> None:
        """Makes all that was written since the last `keep` final."""
        self._undo.clear()

    def roll_back(self) -> None:
        """Undoes all that was written since the last `keep`."""
        while self._undo:
            self._undo.pop()()


class Table(Generic[K, V]):
    """Rows by primary key, with secondary indexes: name -> function that gives a row's index key (None: not in
    the index)."""

    def __init__(self, journal: Journal, **indexes: Callable[[V], Hashable | None]) -> None:
        self._rows: dict[K, V] = {}
        self._journal = journal
        self._key_of = indexes
        self._index: dict[str, dict[Hashable, list[K]]] = {name: {} for name in indexes}

    def __contains__(self, key: K) -> bool:
        return key in self._rows

    def __getitem__(self, key: K) -> V:
        return self._rows[key]

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: K) -> V | None:
        return self._rows.get(key)

    def values(self) -> list[V]:
        """All rows in the order of their primary keys."""
        return [self._rows[key] for key in sorted(self._rows)]

    def primary_keys(self) -> list[K]:
        """All primary keys, ascending."""
        return sorted(self._rows)

    def where(self, index: str, key: Hashable) -> Iterator[V]:
        """The rows of an index key, in the order of their primary keys."""
        return (self._rows[primary] for primary in tuple(self._index[index].get(key, ())))

    def put(self, key: K, row: V) -> V:
        before = self._rows.get(key)
        self._write(key, before, row)
        self._journal.note(lambda: self._write(key, row, before))
        return row

    def remove(self, key: K) -> V:
        before = self._rows[key]
        self._write(key, before, None)
        self._journal.note(lambda: self._write(key, None, before))
        return before

    def _write(self, key: K, old: V | None, new: V | None) -> None:
        for name, key_of in self._key_of.items():
            was = None if old is None else key_of(old)
            now = None if new is None else key_of(new)
            if was == now:
                continue
            if was is not None:
                self._index[name][was].remove(key)
            if now is not None:
                insort(self._index[name].setdefault(now, []), key)
        if new is None:
            del self._rows[key]
        else:
            self._rows[key] = new


class MarketBooks:
    """All tables of one market, of the contracts tbiclsbox, tbimarket and tbipool."""

    def __init__(self, journal: Journal) -> None:
        self.participants: Table[int, rows.Participant] = Table(journal, account=lambda row: row.account)
        self.boxes: Table[str, rows.Box] = Table(journal)
        self.keys: Table[int, rows.Key] = Table(journal, box=lambda row: row.box)
        self.points: Table[int, rows.Point] = Table(journal, hash=lambda row: row.hash)
        self.units: Table[int, rows.Unit] = Table(journal, hash=lambda row: row.hash)
        self.counters: Table[int, rows.Counters] = Table(journal)

        self.params: Table[int, rows.Params] = Table(journal)
        self.prices: Table[int, rows.Prices] = Table(journal)
        self.ledger: Table[str, rows.Account] = Table(journal)
        self.forecasts: Table[int, rows.Forecast] = Table(journal, slot=lambda row: row.key >> 32)
        self.offers: Table[int, rows.Offer] = Table(
            journal,
            seller=lambda row: row.seller_key,
            buyer=lambda row: row.buyer_key or None,
            slot=lambda row: row.slot,
        )
        self.slots: Table[int, rows.SlotState] = Table(journal)
        self.readings: Table[int, rows.Reading] = Table(journal, slot=lambda row: row.key >> 32)
        self.watermarks: Table[int, rows.Watermark] = Table(journal)
        self.balances: Table[int, rows.Balance] = Table(journal)
        self.passprops: Table[int, rows.PassiveProposal] = Table(journal)
        self.passives: Table[int, rows.PassiveContract] = Table(journal, unit=lambda row: row.unit)
        self.deals: Table[int, rows.Deal] = Table(journal, slot=lambda row: row.key >> 32)
        self.takeovers: Table[int, rows.Takeover] = Table(journal)

        self.groups: Table[int, rows.Group] = Table(journal, group=lambda row: row.group)
        self.figures: Table[int, rows.Figures] = Table(journal)


class BoxBooks:
    """The tables of one box, of the contract tbiclsbox."""

    def __init__(self, journal: Journal) -> None:
        self.boxpoints: Table[int, rows.BoxPoint] = Table(journal)
        self.events: Table[int, rows.BoxEvent] = Table(journal, due=lambda row: (row.market, row.due))
        self.state: Table[int, rows.BoxState] = Table(journal)


class World:
    """Everything the contracts keep: the token, the books of each market and of each box.

    `accounts` is a fact of the chain's that the contracts can only ask for: which account exists and which key
    satisfies its `active`
    permission by itself ("" when none does).
    """

    def __init__(self) -> None:
        self.journal = Journal()
        self.accounts: dict[str, str] = {}
        self.stat: Table[str, rows.Stat] = Table(self.journal)
        self.balances: Table[str, int] = Table(self.journal)
        self.p2x: Table[str, int] = Table(self.journal)
        self.markets: Table[str, rows.Market] = Table(self.journal)
        self._books: dict[str, MarketBooks] = {}
        self._boxes: dict[str, BoxBooks] = {}

    def books(self, market: str) -> MarketBooks:
        """The books of a market; empty ones when it is new."""
        if market not in self._books:
            self._books[market] = MarketBooks(self.journal)
        return self._books[market]

    def box(self, box: str) -> BoxBooks:
        """The tables of a box; empty ones when it is new."""
        if box not in self._boxes:
            self._boxes[box] = BoxBooks(self.journal)
        return self._boxes[box]
