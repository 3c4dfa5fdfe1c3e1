"""A chain whose answers a test writes: for what a single real node cannot be made to do, such as a fork."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any

from services.shared.chain.client import Confirm, is_confirmed
from services.shared.chain.errors import NotFound, OutcomeUnknown, TransactionExpired
from services.shared.chain.model import ChainInfo, Page, Receipt, Trace
from services.shared.chain.nodes import NodeState
from services.shared.chain.signer import Signer
from services.shared.chain.transaction import Action, PackedAction, SignedTransaction, Transaction


class ScriptedChain:
    """`blocks` holds what is included: id -> block number. `on_send` decides what a sending does.

    Another block comes at once; `stands_still`: none does.
    """

    def __init__(self) -> None:
        self.head, self.final, self.time = 10, 9, 1000.0
        self.final_id = ""
        self.blocks: dict[str, int] = {}
        self.block_ids: dict[int, str] = {}
        self.sent: list[str] = []
        self.prepared = 0
        self.on_prepare: Callable[[], None] = lambda: None
        self.on_pack: Callable[[], None] = lambda: None
        self.on_send: Callable[[SignedTransaction], None] = self.include
        self.tables: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        self.numbered: dict[int, dict[str, Any]] = {}
        self.on_page: Callable[[], None] = lambda: None
        self.next_key: str | None = None
        self.elsewhere: dict[int, dict[str, Any]] = {}
        self.away: Exception | None = None
        self.stands_still = False

    def include(self, signed: SignedTransaction) -> None:
        self.blocks[signed.id] = self.head
        self.head += not self.stands_still

    def info(self) -> ChainInfo:
        self._there()
        return ChainInfo(
            "00" * 32,
            self.head,
            self.block_ids.get(self.head, f"{self.head:064x}"),
            self.time,
            self.final,
            self.final_id,
            self.time - 1,
            "",
        )

    def pack_action(self, account: str, name: str, data: Mapping[str, Any]) -> bytes:
        self._there()
        self.on_pack()
        return f"{account}{name}{sorted(data)}".encode()

    def prepare(self, actions: Sequence[Action], _signers: Sequence[Signer]) -> SignedTransaction:
        self._there()
        self.on_prepare()
        self.prepared += 1
        packed = tuple(PackedAction(a.account, a.name, tuple(a.authorization), b"") for a in actions)
        return SignedTransaction(Transaction(int(self.time) + 30, self.prepared, 0, packed).pack(), ("SIG",))

    def send(self, signed: SignedTransaction) -> Receipt:
        self._there()
        self.sent.append(signed.id)
        self.on_send(signed)
        return Receipt(signed.id, self.head)

    def one_node(self) -> AbstractContextManager[None]:
        return nullcontext()

    def block_id(self, number: int) -> str:
        self._there()
        return self.block_ids.get(number, f"{number:064x}")

    def confirm(self, signed: SignedTransaction, confirm: Confirm, _timeout_s: float) -> Receipt:
        found = self.transaction(signed.id)
        if found is not None and is_confirmed(found, self.info(), confirm):
            return Receipt(signed.id, found.block_num, [], found.block_id)
        if self.time - 1 > signed.expiration:
            raise TransactionExpired(signed.id)
        raise OutcomeUnknown("not yet", signed.id)

    def transaction(self, transaction_id: str) -> Trace | None:
        self._there()
        number = self.blocks.get(transaction_id)
        return None if number is None else Trace(transaction_id, number, self.time, block_id=self.block_id(number))

    def rows(self, contract: str, scope: str, table: str, **_: Any) -> list[dict[str, Any]]:
        self._there()
        return self.tables.get((contract, scope, table), [])

    def scopes(self, contract: str, table: str) -> list[str]:
        self._there()
        return sorted(scope for account, scope, name in self.tables if (account, name) == (contract, table))

    def nodes(self) -> list[NodeState]:
        self._there()
        return [NodeState("http://a", "ok", self.info())]

    def page(self, contract: str, scope: str, table: str, **_: Any) -> Page:
        self._there()
        self.on_page()
        return Page(self.tables.get((contract, scope, table), []), self.next_key)

    def abi(self, _account: str) -> Any:
        return SimpleNamespace(tables={name: "" for _, _, name in self.tables})

    def forget_abi(self, _account: str) -> None:
        pass

    def block_of_any_node(self, number: int) -> dict[str, Any] | None:
        return self.elsewhere.get(number)

    def block(self, number: int) -> dict[str, Any]:
        self._there()
        if number not in self.numbered:
            raise NotFound(str(number))
        return self.numbered[number]

    def _there(self) -> None:
        if self.away is not None:
            raise self.away
