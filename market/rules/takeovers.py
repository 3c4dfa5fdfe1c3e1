"""What the EVU takes over, counted per slot (M-SEC-02)."""

from __future__ import annotations

from dataclasses import replace

from market.call import Call
from market.rows import Takeover


def count(call: Call, slot: int, *, swept_wh: int = 0, passive_wh: int = 0, unused_wh: int = 0) -> None:
    """Adds energy; without any no row is made."""
    if not swept_wh + passive_wh + unused_wh:
        return
    row = call.books.takeovers.get(slot) or Takeover(slot)
    call.books.takeovers.put(
        slot,
        replace(
            row,
            swept_wh=row.swept_wh + swept_wh,
            passive_wh=row.passive_wh + passive_wh,
            unused_wh=row.unused_wh + unused_wh,
        ),
    )
