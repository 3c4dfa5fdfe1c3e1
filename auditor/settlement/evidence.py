"""The part `blocks` of a file: actions and signed transactions, each with its path to a block header's roots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from auditor.settlement import layouts
from auditor.settlement.errors import Invalid
from auditor.settlement.proofs import Seal, climbed
from auditor.settlement.receipts import Act, Receipt
from auditor.settlement.signatures import signed_by
from auditor.settlement.wire import Header, called_actions, receipt_digest, transaction_digest

EXECUTED = 0


@dataclass(frozen=True, slots=True)
class Transaction:
    """That was executed: the actions it calls, packed, and the signatures over its digest."""

    called: tuple[bytes, ...]
    digest: bytes
    signatures: tuple[str, ...]

    def is_signed_by(self, key: str) -> bool:
        return any(signed_by(key, signature, self.digest) for signature in self.signatures)


@dataclass(frozen=True, slots=True)
class Proven:
    """An action of a contract of the market's that stands in a sealed block.

    `sequence` counts all actions of the chain; `time` is the block's, in whole seconds since the epoch. `fields` is the
    data, decoded; `transaction` is the signed one that called it, when that is in the file.
    """

    block: int
    time: int
    sequence: int
    contract: str
    name: str
    actors: frozenset[str]
    fields: Mapping[str, Any]
    transaction: Transaction | None


def proven_actions(chain_id: str, blocks: Sequence[Mapping[str, Any]], seal: Seal) -> list[Proven]:
    """All actions of the file, in the order of their execution. Raises Invalid when one is not proven."""
    proven = [action for block in blocks for action in _of_block(chain_id, block, seal)]
    if any(a.sequence >= b.sequence for a, b in pairwise(proven)):
        raise Invalid("the actions do not stand in the order of their execution, or one stands there twice")
    return proven


def _of_block(chain_id: str, block: Mapping[str, Any], seal: Seal) -> Iterator[Proven]:
    header = Header.unpack(bytes.fromhex(block["header"]))
    seal.check_holds(header, [bytes.fromhex(text) for text in block["path"]])
    transactions = [_transaction(chain_id, item, header) for item in block["transactions"]]
    used = set()
    for item in block["actions"]:
        receipt, act = _action(item, header)
        caller = next((item for item in transactions if act.called in item.called), None)
        used.add(caller)
        yield Proven(
            block=header.number,
            time=header.time,
            sequence=receipt.sequence,
            contract=act.account,
            name=act.name,
            actors=frozenset(actor for actor, _ in act.authorization),
            fields=_fields(act),
            transaction=caller,
        )
    if set(transactions) - used:
        raise Invalid(f"block {header.number}: a transaction carries none of the actions")


def _action(item: Mapping[str, Any], header: Header) -> tuple[Receipt, Act]:
    receipt, act = Receipt.unpack(bytes.fromhex(item["receipt"])), Act.unpack(bytes.fromhex(item["action"]))
    path = [bytes.fromhex(text) for text in item["path"]]
    if climbed(receipt.digest, item["place"], path) != header.action_mroot:
        raise Invalid(f"block {header.number}: action {receipt.sequence} does not lead to the header's action root")
    if receipt.act_digest != act.digest:
        raise Invalid(f"block {header.number}: action {receipt.sequence} is another one than its receipt's")
    if receipt.receiver != act.account or (act.account, act.name) not in layouts.ACTIONS:
        raise Invalid(f"block {header.number}: {act.account}::{act.name} at {receipt.receiver} proves no settlement")
    if act.name.startswith("log") and {actor for actor, _ in act.authorization} != {act.account}:
        raise Invalid(f"block {header.number}: {act.name} has not been said by {act.account} (M-ADM-01)")
    return receipt, act


def _fields(act: Act) -> Mapping[str, Any]:
    return layouts.decoded(act.account, act.name, act.data)


def _transaction(chain_id: str, item: Mapping[str, Any], header: Header) -> Transaction:
    packed, context_free = bytes.fromhex(item["packed"]), bytes.fromhex(item["context_free"])
    signatures, cpu_us, net_words = tuple(item["signatures"]), item["cpu_us"], item["net_words"]
    leaf = receipt_digest(signatures, packed, context_free, status=EXECUTED, cpu_us=cpu_us, net_words=net_words)
    path = [bytes.fromhex(text) for text in item["path"]]
    if climbed(leaf, item["place"], path) != header.transaction_mroot:
        raise Invalid(f"block {header.number}: a transaction does not lead to the header's transaction root")
    return Transaction(called_actions(packed), transaction_digest(chain_id, packed, context_free), signatures)
