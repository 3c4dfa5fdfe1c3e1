"""Where offers, readings and their surplus stand."""

from __future__ import annotations

from enum import IntEnum


class OfferStatus(IntEnum):
    """Where an offer stands. SOLD and FINAL below say what counts as which."""

    OPEN = 0
    AWARDED = 1
    UNSOLD = 2
    WITHDRAWN = 3
    SETTLED = 4
    UNFUNDED = 5


SOLD = frozenset({OfferStatus.AWARDED, OfferStatus.SETTLED, OfferStatus.UNFUNDED})
FINAL = frozenset({OfferStatus.UNSOLD, OfferStatus.WITHDRAWN, OfferStatus.SETTLED})


class ReadingStatus(IntEnum):
    """When a reading arrived (M-DEL-04): after the deadline it is a record only."""

    ON_TIME = 0
    LATE = 1
    RECORD_ONLY = 2


class Surplus(IntEnum):
    """Whether a reading's surplus has been paid for (M-SEC-01)."""

    PENDING = 0
    SETTLED = 1
    UNFUNDED = 2
