"""Makes a settlement file from a node."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from auditor.settlement import files
from auditor.settlement.errors import NotYet, SettlementError
from auditor.settlement.evidence import proven_actions
from auditor.settlement.facts import Claim, Facts
from auditor.settlement.genesis import packed_genesis
from auditor.settlement.node import Node, header_of
from auditor.settlement.proofs import Tree, check_chain
from auditor.settlement.seals import Sealer
from auditor.settlement.select import boxes_of, claim_for, is_own_order, selected
from auditor.settlement.statement import claim_json, statement
from auditor.settlement.verify import verify
from auditor.settlement.walk import Found, Walked, walk
from auditor.settlement.wire import receipt_digest, sha256


class Exporter:
    """Has gone through all blocks that are irreversible, and makes files of what it has found."""

    def __init__(self, node: Node, market: str, genesis: Mapping[str, Any], say: Callable[[str], None]) -> None:
        """`genesis` is the chain's first state, as JSON. Raises NotYet when the node cannot give what is needed now."""
        info = node.info()
        self._node, self._market, self._genesis = node, market, packed_genesis(genesis)
        if sha256(self._genesis).hex() != info["chain_id"]:
            raise SettlementError("the genesis is that of another chain than the node's")
        self._walked = walk(node, market, info["last_irreversible_block_num"], say)

    @property
    def participants(self) -> list[str]:
        """Who has a metering point in the market."""
        return sorted({str(action.fields["account"]) for action in self._walked.numbered["points"]})

    def file(self, account: str, begin: int, end: int, key: files.Key) -> bytes:
        """A participant's file for the slots from `begin` to before `end`, verified. Raises SettlementError."""
        claim = claim_for(self._walked, self._market, account, begin, end)
        if not claim.points and not claim.offers:
            raise SettlementError(f"{account} has no metering point and no sold offer in the market {self._market}")
        actions = selected(self._walked, claim)
        sealer = Sealer(self._node, self._walked, self._genesis)
        chain, tree = sealer.chain(after=max(action.block for action in actions))
        blocks = _blocks(self._node, self._walked, claim, actions, tree)
        facts = Facts(claim, proven_actions(chain["id"], blocks, check_chain(chain)))
        content = {
            "format": files.FORMAT,
            "statement": statement(facts),
            "claim": claim_json(claim),
            "chain": chain,
            "blocks": blocks,
        }
        written = files.written(files.signed(content, key))
        verify(written)
        return written


def _blocks(node: Node, walked: Walked, claim: Claim, actions: Sequence[Found], tree: Tree) -> list[dict[str, Any]]:
    boxes = boxes_of(walked, claim)
    by_block: dict[int, list[Found]] = defaultdict(list)
    for action in actions:
        by_block[action.block].append(action)
    made = []
    for number, found in sorted(by_block.items()):
        block = node.block(number)
        header = header_of(block)
        receipts = Tree(walked.leaves[number])
        if header.id != walked.ids[number - 1] or receipts.root != header.action_mroot:
            raise NotYet(f"block {number} is not what the node's traces say of it: ask another node")
        orders = {action.transaction for action in found if is_own_order(action, claim, boxes)}
        made.append(
            {
                "header": header.pack().hex(),
                "path": _hexes(tree.path(number - 1)),
                "actions": [_action(action, receipts) for action in found],
                "transactions": _transactions(block, orders),
            }
        )
    return made


def _action(action: Found, receipts: Tree) -> dict[str, Any]:
    return {
        "receipt": action.receipt.pack().hex(),
        "action": action.act.pack().hex(),
        "place": action.place,
        "path": _hexes(receipts.path(action.place)),
    }


_STATUS = ("executed", "soft_fail", "hard_fail", "delayed", "expired")
_COMPRESSION = ("none", "zlib")


def _transactions(block: Mapping[str, Any], ids: set[str]) -> list[dict[str, Any]]:
    """Those of the block with these ids, with their paths to its transaction root."""
    if not ids:
        return []
    items = block["transactions"]
    tree = Tree([_leaf(item) for item in items])
    if tree.root.hex() != block["transaction_mroot"]:
        raise NotYet(f"the transactions of block {block['block_num']} do not give its root: ask another node")
    return [
        {
            "packed": item["trx"]["packed_trx"],
            "context_free": item["trx"]["packed_context_free_data"],
            "signatures": item["trx"]["signatures"],
            "cpu_us": item["cpu_usage_us"],
            "net_words": item["net_usage_words"],
            "place": place,
            "path": _hexes(tree.path(place)),
        }
        for place, item in enumerate(items)
        if isinstance(item["trx"], dict) and item["trx"]["id"] in ids
    ]


def _leaf(item: Mapping[str, Any]) -> bytes:
    transaction = item["trx"]
    packed, context_free = (bytes.fromhex(transaction[name]) for name in ("packed_trx", "packed_context_free_data"))
    return receipt_digest(
        transaction["signatures"],
        packed,
        context_free,
        status=_STATUS.index(item["status"]),
        cpu_us=item["cpu_usage_us"],
        net_words=item["net_usage_words"],
        compression=_COMPRESSION.index(transaction["compression"]),
    )


def _hexes(path: Sequence[bytes]) -> list[str]:
    return [item.hex() for item in path]
