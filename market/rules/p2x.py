"""Power2X tokens (M-P2X): one per kWh that the EVU took over and converts."""

from __future__ import annotations

from dataclasses import replace

from market.actions import MintP2x
from market.call import Call
from market.refusal import Refused, check
from market.rows import Takeover

PTX = "PTX"
WH_PER_KWH = 1000


def mint(call: Call, action: MintP2x) -> None:
    """The token's issuer is the market: nothing else makes any."""
    call.require(call.row.evu, "M-P2X-01")
    check(action.kwh > 0, "M-P2X-01", "the quantity must be above 0")
    row = call.books.takeovers.get(action.slot) or Takeover(action.slot)
    minted_wh = row.minted_wh + action.kwh * WH_PER_KWH
    check(
        minted_wh <= row.swept_wh + row.passive_wh + row.unused_wh,
        "M-P2X-01",
        "the EVU took over less than that in this slot",
    )
    call.books.takeovers.put(action.slot, replace(row, minted_wh=minted_wh))

    stat = call.world.stat.get(PTX)
    if stat is None:
        raise Refused("M-TOK-02", "there is no such token")
    check(action.kwh <= stat.max_supply - stat.supply, "M-TOK-03", "the quantity exceeds what may still be issued")
    call.world.stat.put(PTX, replace(stat, supply=stat.supply + action.kwh))
    evu = call.row.evu
    call.world.p2x.put(evu, (call.world.p2x.get(evu) or 0) + action.kwh)
