"""What has been delivered: a watermark and a bitmap of the recent slots for each metering point (M-DEL-02)."""

from __future__ import annotations

from market.call import Call
from market.refusal import check
from market.rows import Watermark

BITMAP_SLOTS = 1024
_BITMAP = (1 << BITMAP_SLOTS) - 1


def is_delivered(call: Call, point: int, slot: int) -> bool:
    """Whether the point has delivered the slot (M-DEL-02); what is older than the bitmap counts as delivered."""
    row = call.books.watermarks.get(point)
    if row is None or slot > row.newest:
        return False
    age = (row.newest - slot) // call.row.slot_s
    return age >= BITMAP_SLOTS or bool(row.bits >> age & 1)


def mark(call: Call, point: int, slot: int) -> None:
    """Notes a delivery; refuses what is delivered already or older than the bitmap (M-DEL-02)."""
    check(not is_delivered(call, point, slot), "M-DEL-02", "the slot is delivered already, or too old to tell")
    row = call.books.watermarks.get(point) or Watermark(point, slot, 0)
    if slot > row.newest:
        ahead = (slot - row.newest) // call.row.slot_s
        bits = row.bits << ahead & _BITMAP if ahead < BITMAP_SLOTS else 0
        row = Watermark(point, slot, bits | 1)
    else:
        row = Watermark(point, row.newest, row.bits | 1 << (row.newest - slot) // call.row.slot_s)
    call.books.watermarks.put(point, row)
