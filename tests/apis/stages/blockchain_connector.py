"""The Blockchain-Connector on a real node."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from tests.apis.stages.ground import Ground, PoolOf
from tests.apis.target import Target
from tests.integration.box.box import iso
from tests.integration.chain.connector import Connector
from tests.integration.chain.support import Trader
from tests.integration.forecast.pool import Pool


@contextmanager
def blockchain_connector(ground: Ground) -> Iterator[Target]:
    """The cloud side's, on a real node, with the operator's keys and a market that has a participant."""
    chain = ground.chain()
    connector = Connector(
        ground.folder,
        chain.node.url,
        cast(Pool, PoolOf(ground)),
        TBI_KEYS_DIR=str(chain.keys_dir),
        AWS_SHARED_CREDENTIALS_FILE=str(ground.identity.credentials),
    )
    try:
        market = chain.open_market()
        trader = chain.trader(market)
        connector.start()
        row = chain.client.rows("tbiclsbox", market, "points")[0]
        taken = {"market": market, "owner": trader.account, "quantity": "1.000000 EUR"}
        done = chain.push_as(trader, "tbimarket", "withdraw", **taken)
        user = ground.identity.user("evu")
        known: dict[str, tuple[Any, ...]] = {
            "contract": ("tbimarket", "tbiclsbox", "tbitoken"),
            "table": ("points", "offers", "ledger", "accounts", "events"),
            "scope": (market, trader.account),
            "market": (market,),
            "account": ("tbiadmin", "tbiAdmin"),
            "event_type": ("send_data", "senddata"),
            "unit_or_meter": (row["hash"], str(row["id"])),
            "slot_start": (iso(chain.now() // 4 * 4), "2025-03-30T02:30"),
            "buyer_account": (trader.account,),
            "account_name": (trader.account, "newaccount11"),
            "public_key": (trader.signer.public_key,),
            "transaction_id": (done.transaction_id,),
            "number": (done.block_num, 1),
            "follow_s": (0,),
            "offer": (1,),
            "expires_at": (iso(chain.now() // 1 + 600),),
            "name": ("proposal1",),
            "email": (user["email"],),
            "password": (user["password"],),
            "actions": tuple([call] for call in calls_of(trader)),
        }
        yield Target("blockchain_connector", connector.url.partition("/blockchain")[0], ground.callers, known)
    finally:
        connector.process.stop()


@contextmanager
def box_connector(ground: Ground) -> Iterator[Target]:
    """A box's, which asks its neighbours and the chain in vain: who may call it does not depend on them."""
    (ground.folder / "box.json").write_text("{}")
    nobody = "http://127.0.0.1:1"
    connector = Connector(
        ground.folder,
        nobody,
        TBI_BOX_CONFIG=str(ground.folder / "box.json"),
        TBI_TPM_API_URL=nobody,
        TBI_CLS_BOX_LOGIC_URL=nobody,
    )
    try:
        connector.start()
        secret = connector.headers["Authorization"].removeprefix("Bearer ")
        root = connector.url.partition("/blockchain")[0]
        yield Target("blockchain_connector", root, ground.callers, secret=secret)
    finally:
        connector.process.stop()


def raised(trader: Trader, now: int) -> dict[str, Any]:
    """The data of an event by hand, for the slot that has ended last."""
    event = {"market": trader.market, "box": trader.account, "kind": "senddata", "point": trader.point}
    return {**event, "slot": now // 4 * 4 - 4, "energy_wh": 0, "buyer": ""}


def calls_of(trader: Trader) -> Iterator[dict[str, Any]]:
    """Actions that the Background-Manager-Logic may ask for, right and wrong ones."""
    paid = {"to": "tbievu", "quantity": "1.000000 EUR", "memo": ""}
    yield {"account": "tbitoken", "name": "issue", "data": paid}
    yield {"account": "tbitoken", "name": "issue", "data": {**paid, "quantity": "1.0 X"}}
    yield {"account": "tbitoken", "name": "transfer", "data": {**paid, "from": trader.account}}
    yield {"account": "tbimarket", "name": "bid", "data": {"market": trader.market, "bidder": "tbievu", "offer": 1}}
    yield {"account": "tbiclsbox", "name": "raise", "data": raised(trader, 0)}
