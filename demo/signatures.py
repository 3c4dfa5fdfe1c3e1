"""Whose key signed the deliveries: read from the blocks, checked with nothing but the block's own bytes."""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

from deploy.chain.governance import Governance
from services.shared.chain.keys import from_text, r1_public_point, transaction_digest
from services.shared.chain.transaction import unpack_transaction


def delivering_boxes(chain: Governance, market: str, slot: int, blocks: range) -> dict[str, list[str]]:
    """Box -> the R1 signatures over its delivery of the slot that its registered key verifies; empty when none does."""
    chain_id = chain.client.info().chain_id
    keys = {row["box"]: row["key"] for row in chain.client.rows("tbiclsbox", market, "boxes")}
    found: dict[str, list[str]] = {}
    for number in blocks:
        block = chain.rpc.call("/v1/chain/get_block", {"block_num_or_id": str(number)})
        for entry in block["transactions"]:
            box = _delivers(chain, entry["trx"], market, slot)
            if box is not None:
                packed = bytes.fromhex(entry["trx"]["packed_trx"])
                digest = transaction_digest(chain_id, packed)
                good = [text for text in entry["trx"]["signatures"] if _verifies(keys[box], text, digest)]
                found[box] = found.get(box, []) + good
    return found


def _delivers(chain: Governance, trx: Any, market: str, slot: int) -> str | None:
    """The box that delivers the slot with this transaction."""
    if not isinstance(trx, dict):
        return None
    for action in unpack_transaction(bytes.fromhex(trx["packed_trx"])).actions:
        if (action.account, action.name) == ("tbimarket", "deliver"):
            data = chain.client.abi("tbimarket").unpack_action("deliver", action.data)
            if (data["market"], data["slot"]) == (market, slot):
                return str(data["box"])
    return None


def _verifies(public_key: str, signature: str, digest: bytes) -> bool:
    kind, body = from_text("SIG", signature)
    if kind != "R1":
        return False
    r, s = int.from_bytes(body[1:33], "big"), int.from_bytes(body[33:], "big")
    numbers = ec.EllipticCurvePublicNumbers(*r1_public_point(public_key), ec.SECP256R1())
    try:
        numbers.public_key().verify(
            utils.encode_dss_signature(r, s), digest, ec.ECDSA(utils.Prehashed(hashes.SHA256()))
        )
    except InvalidSignature:
        return False
    return True
