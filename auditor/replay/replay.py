"""The replay: each action of the market's meets the model, and what followed from it on the chain is compared."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from typing import Any, Final, NoReturn

from auditor.chain.abi import Abi
from auditor.chain.authorities import Authorities
from auditor.chain.blocks import EXECUTED, Block, Included
from auditor.chain.known import code_of
from auditor.errors import Finding, diverge
from auditor.replay.money import Purses
from auditor.replay.pool import Pool
from auditor.replay.signers import Signers
from auditor.replay.translate import BOXES, CONTRACTS, MARKET, POOL, ROOTS, TOKEN, to_model
from auditor.settlement.receipts import Act
from auditor.settlement.wire import Reader, WireError, sha256
from market.call import Event
from market.model import Model
from market.refusal import Refused

LOGS: Final = {"logaward": "M-AWD-01", "logsettle": "M-SET-05", "logsweep": "M-SEC-01"}


class Replay:
    """Takes all blocks in order. `counts`: what was recomputed; `codes`: the contracts' codes, as they were set."""

    def __init__(self, chain_id: str, first_key: str, known_code: Mapping[str, Iterable[str]]) -> None:
        self.model = Model()
        self.counts: Counter[str] = Counter()
        self.codes: list[dict[str, Any]] = []
        self.unknown_code: Finding | None = None
        self._known = {account: frozenset(hashes) for account, hashes in known_code.items()}
        self._authorities = Authorities(first_key)
        self.signers = Signers(chain_id, self._authorities)
        self._abis: dict[str, Abi] = {}
        self._pending: deque[tuple[Event, Act]] = deque()
        self._purses = Purses(self.model.world)
        self._pool = Pool(self.model.world)
        self._acks: deque[tuple[str, str, int, int]] = deque()
        self._expanded: deque[tuple[Act, ...]] = deque()
        self._proposals: dict[tuple[str, str], bytes] = {}
        self._seen = False
        self._block, self._now, self._transaction = 0, 0, ""
        self.model.world.accounts.update(self._authorities.changed)

    def take(self, block: Block) -> None:
        """Raises Divergence."""
        self._block, self._now, self._seen = block.number, block.header.time, False
        own = {item.id: item for item in block.transactions}
        if block.traces is None:
            for item in block.transactions:
                self._signed(item)
                self._without_trace(item)
        else:
            for item in own.values():
                if item.status == EXECUTED and item.id not in block.traces:
                    diverge(self._block, "actions", "the transaction's executed actions", "none", item.id)
            for name, executed in sorted(block.traces.items(), key=lambda pair: _first(pair[1])):
                self._transaction = name
                if name in own:
                    self._signed(own[name])
                for action in executed:
                    if action.receiver == action.act.account:
                        self._take(action.act)
                self._end()
        if self._seen:
            self._check_money()
        self.counts["blocks"] += 1

    def _signed(self, item: Included) -> None:
        self._transaction = item.id
        self.counts["transactions"] += 1
        if item.packed and item.status == EXECUTED:
            self.counts["signatures"] += self.signers.check(self._block, item)

    def _without_trace(self, item: Included) -> None:
        """What a block log holds: what followed from an action is the model's to say."""
        if item.status != EXECUTED:
            return
        if item.packed:
            acts = item.actions
        elif self._expanded:
            acts = self._expanded.popleft()
        else:
            return
        for act in acts:
            self._take(act)
            self._remember_proposal(act)
        self._pending.clear()
        self._acks.clear()
        self._purses.adopt()
        self._pool.adopt()

    def _remember_proposal(self, act: Act) -> None:
        """eosio.msig: what is executed later stands in its proposal."""
        if act.account != "eosio.msig" or act.name not in ("propose", "exec"):
            return
        reader = Reader(act.data)
        key = (reader.name(), reader.name())
        if act.name == "exec":
            proposed = self._proposals.pop(key, b"")
            self._expanded.append(Included(0, 0, 0, packed=proposed).actions if proposed else ())
            return
        for _ in range(reader.varuint32()):
            reader.take(16)
        self._proposals[key] = act.data[reader.position :]

    def _take(self, act: Act) -> None:
        if act.account == "eosio":
            self._native(act)
        elif act.account in CONTRACTS:
            self._seen = True
            data = self._decoded(act)
            if self._is_consequence(act):
                self._consequence(act, data)
            else:
                self._root(act, data)

    def _native(self, act: Act) -> None:
        self._authorities.apply(act, self._block)
        self.model.world.accounts.update(self._authorities.changed)
        self._authorities.changed.clear()
        if act.name not in ("setcode", "setabi"):
            return
        reader = Reader(act.data)
        account = reader.name()
        if account not in CONTRACTS:
            return
        if act.name == "setabi":
            self._abis[account] = Abi.unpack(reader.prefixed())
            return
        reader.take(2)
        code = sha256(reader.prefixed()).hex()
        known = code in self._known.get(account, ())
        self.codes.append({"account": account, "block": self._block, "sha256": code, "known": known})
        if not known and self.unknown_code is None:
            expected = code_of(self._known.get(account, ()))
            self.unknown_code = Finding(self._block, self._transaction, f"setcode {account}", "code", expected, code)

    def _decoded(self, act: Act) -> dict[str, Any]:
        abi = self._abis.get(act.account)
        if abi is None:
            self._diverge(act, "code", "an ABI set before the first action", "none")
        try:
            return abi.decode(act.name, act.data)
        except WireError as error:
            self._diverge(act, "code", "data of the ABI's shape", error)

    @staticmethod
    def _is_consequence(act: Act) -> bool:
        if (act.account, act.name) not in ROOTS:
            return act.account != TOKEN
        return act.account == TOKEN and any(actor == MARKET for actor, _ in act.authorization)

    def _root(self, act: Act, data: dict[str, Any]) -> None:
        signed = frozenset(actor for actor, _ in act.authorization)
        if act.account == TOKEN and self._purses.by_hand(act.name, data):
            return
        self._expect_no_more()
        action = to_model(ROOTS[act.account, act.name], data)
        self.counts[act.name] += 1
        try:
            events = self.model.apply(action, self._now, signed)
        except Refused as refusal:
            self._diverge(act, refusal.rule, f"a refusal ({refusal.reason})", f"that {data} was executed")
        self._pending.extend((event, act) for event in events)
        self._purses.by_contract(act, data, self.model.world)
        slot = self._slot_of(act.name, data)
        if slot:
            self._pool.expect(data["market"], slot)
        if act.name == "deliver":
            for reading in data["readings"]:
                self._acks.append((data["market"], data["box"], reading["point"], data["slot"]))

    def _slot_of(self, name: str, data: Mapping[str, Any]) -> int:
        """The slot of which the pool's figures may have changed; 0 for none."""
        if name in ("forecast", "deliver", "p2paccept"):
            return int(data["slot"])
        offer = self.model.world.books(data["market"]).offers.get(data["offer"]) if name == "award" else None
        return offer.slot if offer else 0

    def _consequence(self, act: Act, data: dict[str, Any]) -> None:
        if act.name in LOGS:
            self._check_log(act, data)
        elif act.account == POOL:
            self.counts["pool figures"] += 1
            self._pool.add(act.name, data)
        elif (act.account, act.name) == (BOXES, "ack"):
            found = (data["market"], data["box"], data["point"], data["slot"])
            expected = self._acks.popleft() if self._acks else None
            if found != expected:
                self._diverge(act, "M-EVT-01", expected, found)
        elif act.account == TOKEN:
            self._purses.add(act.name, data)
        else:
            self._diverge(act, "code", "an action that the rules know", act.name)

    def _check_log(self, act: Act, data: dict[str, Any]) -> None:
        if {actor for actor, _ in act.authorization} != {MARKET}:
            self._diverge(act, "M-ADM-01", f"that only {MARKET} says it", act.authorization)
        found = tuple(_flat(data[key] for key in data if key != "market"))
        if not self._pending:
            self._diverge(act, LOGS[act.name], "no such event", found)
        event, _ = self._pending.popleft()
        expected = (event.name, event.market, tuple(_plain(part) for part in _content(event)))
        if (act.name, data["market"], found) != expected:
            self._diverge(act, LOGS[act.name], expected, (act.name, data["market"], found))
        self.counts[act.name] += 1

    def _expect_no_more(self) -> None:
        """Before the next action: all that followed from the one before has been seen."""
        if self._pending:
            event, act = self._pending.popleft()
            self._diverge(act, LOGS[event.name], f"{event.name} {event.data}", "nothing")
        if self._acks:
            diverge(self._block, "M-EVT-01", f"an acknowledgement {self._acks[0]}", "none", self._transaction)

    def _end(self) -> None:
        """After a transaction."""
        self._expect_no_more()
        for rule, what, expected, found in (*self._purses.differences(), *self._pool.differences()):
            diverge(self._block, rule, f"{what} {expected}", found, self._transaction)

    def _check_money(self) -> None:
        held, tokens = self.model.money()
        if held != tokens:
            diverge(self._block, "M-LED-03", f"{tokens} x 1e-6 EUR in the ledgers", held)
        self.counts["balances"] += len(self.model.world.markets)

    def _diverge(self, act: Act, rule: str, expected: object, found: object) -> NoReturn:
        diverge(self._block, rule, expected, found, self._transaction, f"{act.account}::{act.name}")


def _first(executed: tuple[Any, ...]) -> int:
    return executed[0].sequence if executed else 0


def _flat(values: Iterable[Any]) -> Iterable[Any]:
    for value in values:
        if isinstance(value, dict):
            yield from value.values()
        else:
            yield value


def _content(event: Event) -> tuple[Any, ...]:
    data: Any = event.data
    return tuple(data) if isinstance(data, tuple) else astuple(data)


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, int) else value
