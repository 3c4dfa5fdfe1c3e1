"""Passive contracts and peer-to-peer deals."""

from __future__ import annotations

from market import actions
from market.rows import PassiveContract, PassiveProposal
from market.values import UINT32_MAX, slot_key
from tests.contracts.moves.choices import Choices
from tests.contracts.story import OPERATOR


class AgreementMoves(Choices):
    """Passive contracts and peer-to-peer deals."""

    def _propose_passive(self) -> None:
        row = self.story.row
        unit = self._one_of(self.books.units.primary_keys())
        start = self._change_slot()
        until = self.random.choice((0, 1, 1, 2, 5)) * row.slot_s
        until = until and start + until - self.random.choice((0, 0, 0, 0, 1, 2 * row.slot_s))
        price = self._energy(200_000)
        signer = self._signer(row.evu)
        self.story.act(actions.PassPropose(self.story.market, unit, price, start, max(0, until)), signer)

    def _accept_passive(self) -> None:
        proposals = self.books.passprops.values()
        if not proposals:
            return self._propose_passive()
        row = self.random.choice(proposals)
        terms = [row.unit, row.price, row.from_slot, row.until_slot]
        if self._careless():
            terms[self.random.randrange(4)] += 1
        owner = self.random.choice(self.story.cast.people) if self._careless() else row.owner
        self.story.act(actions.PassAccept(self.story.market, owner, *terms), self._signer(owner))
        return None

    def _drop_passive(self) -> None:
        unit = self._one_of(self.books.passprops.primary_keys())
        party = self._party_of(self.books.passprops.get(unit))
        self.story.act(actions.PassDrop(self.story.market, party, unit), self._signer(party))

    def _end_passive(self) -> None:
        row, unit, start = self._passive()
        party = self._party_of(row)
        end = self.random.choice((start, start, self._change_slot(), self._change_slot()))
        self.story.act(actions.PassEnd(self.story.market, party, unit, start, end), self._signer(party))

    def _clear_passive(self) -> None:
        _, unit, start = self._passive()
        self.story.act(actions.PassClear(self.story.market, unit, start), self._signer(OPERATOR))

    def _passive(self) -> tuple[PassiveContract | None, int, int]:
        """A contract, or what may be none: its unit and its first slot."""
        known = self.books.passives.values()
        if not known or self._careless():
            return None, self.random.randint(0, 6), self._change_slot()
        row = self.random.choice(known)
        return row, row.unit, row.from_slot

    def _party_of(self, row: PassiveProposal | PassiveContract | None) -> str:
        if row is None or self._careless():
            return self.random.choice(self.story.cast.everybody)
        return self.random.choice((row.owner, self.story.row.evu))

    def _propose_deal(self) -> None:
        slot = self._slot()
        lines = [line for row in self.books.forecasts.values() if row.key >> 32 == slot for line in row.units]
        unit = self._one_of([line.unit for line in lines if not line.offered_wh] or self.books.units.primary_keys())
        known = self.books.units.get(unit)
        people = self.story.cast.people
        seller = self.books.points[known.point].account if known and not self._careless() else people[0]
        buyer = self.random.choice(self.story.cast.everybody if self._careless() else people)
        most = next((line.max_wh for line in lines if line.unit == unit), 3000)
        energy = self.random.choice((1, most // 3, most, self._energy(3000)))
        price = self._energy(UINT32_MAX) if self._careless() else self.random.randint(10_000, 300_000)
        key = self.random.getrandbits(64)
        self.story.act(
            actions.P2pPropose(self.story.market, seller, buyer, unit, slot, energy, price, key), self._signer(seller)
        )

    def _accept_deal(self) -> None:
        proposals = [row for row in self.books.deals.values() if not row.offer] or self.books.deals.values()
        if not proposals:
            return self._propose_deal()
        row = self.random.choice(proposals)
        terms = [row.key & UINT32_MAX, row.key >> 32, row.energy_wh, row.price, row.client_key]
        if self._careless():
            terms[self.random.randrange(5)] ^= 1
        buyer, seller = row.buyer, row.seller
        if self._careless():
            buyer, seller = self.random.choice(((seller, buyer), (seller, seller), (self.story.cast.people[2], seller)))
        self.story.act(actions.P2pAccept(self.story.market, buyer, seller, *terms), self._signer(buyer))
        return None

    def _drop_deal(self) -> None:
        keys = self.books.deals.primary_keys()
        key = self.random.choice(keys) if keys and not self._careless() else slot_key(self._slot(), 1)
        row = self.books.deals.get(key)
        party = self.random.choice(
            self.story.cast.everybody if row is None or self._careless() else (row.seller, row.buyer)
        )
        self.story.act(actions.P2pDrop(self.story.market, party, key & UINT32_MAX, key >> 32), self._signer(party))
