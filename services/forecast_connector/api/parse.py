"""From queries and headers to the values of the use cases; what does not fit is a 400 that names the parameter."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Any, Final

from werkzeug.datastructures import Headers

from market.values import MastrNumber
from services.forecast_connector.api.cursors import Values, decoded, field, given
from services.forecast_connector.domain.planning import quarter_of
from services.forecast_connector.domain.times import MAX_EPOCH, QUARTER_S, parse_epoch, parse_moment
from services.forecast_connector.repository import Selection
from services.forecast_connector.service.queries import Order, Range
from services.shared.web import Integer, Query, Text, invalid

WHEN: Final = r"^[0-9T:.+Z -]{10,40}$"
MASTR: Final = "^[A-Z]{3}9[0-9]{11}$"
MAX_KEY: Final = 128
_MOMENT = Text("ISO 8601; without an offset Europe/Berlin", pattern=WHEN)
_CURSOR = Text("`next_cursor` of the page before", pattern=r"^[A-Za-z0-9_-]{1,400}$")
_LIMIT = Integer("How many at most", 1, 1000, default=100)
_COMMON: Mapping[str, Text | Integer] = {
    "mastr_nr": Text("The unit's MaStR number", pattern=MASTR),
    "unit_type": Text("H0, E0, WP, PV, ...", pattern=r"^[A-Za-z0-9_+-]{1,16}$"),
    "from": _MOMENT,
    "to": Text("Slots that begin before it; ISO 8601", pattern=WHEN),
    "as_of": Text("As it was known then; now when left out", pattern=WHEN),
    "limit": _LIMIT,
    "cursor": _CURSOR,
}
FORECASTS = Query(_COMMON)
TIMESLOTS = Query({"timestamp": Text("The slot that holds this moment; not with from and to", pattern=WHEN), **_COMMON})
MAX_OFFER = Query(
    {
        "mastr_nr": Text("The unit's MaStR number", pattern=MASTR, required=True),
        "slot_start": Text("ISO 8601; without an offset Europe/Berlin", pattern=WHEN, required=True),
        "slot_s": Integer("The market's slots in s; a short one stands for a quarter hour", 1, 900, default=900),
        "kwh_annum": Integer("The household's yearly consumption; only Admin and services", 0, 10**9),
        "point_units": Text(
            "MaStR numbers of other units behind the same meter, separated by commas; only Admin and services",
            pattern=r"^[A-Z0-9,]{15,127}$",
        ),
    }
)


def selection_of(query: Values) -> Selection:
    """Which forecasts are asked for."""
    as_of = given(query, "as_of", lambda text: int(parse_moment(text).timestamp()))
    unit_type = query["unit_type"]
    return Selection(given(query, "mastr_nr", mastr_nr), unit_type.upper() if unit_type else None, as_of)


def range_of(query: Values) -> Range:
    """Which slots are asked for. A moment within a slot means that slot in `timestamp`, and the next one else."""
    if query.get("timestamp") is not None:
        if query["from"] is not None or query["to"] is not None:
            raise invalid({"timestamp": "is not given together with from or to"})
        slot = quarter_of(field(query, "timestamp", lambda text: int(parse_moment(text).timestamp())))
        return Range(slot, slot + QUARTER_S)
    begin, end = given(query, "from", _up), given(query, "to", _up)
    slots = Range(0 if begin is None else begin, MAX_EPOCH if end is None else end)
    if slots.end < slots.begin:
        raise invalid({"to": "must not lie before from"})
    return slots


def slot_of(query: Values) -> int:
    """The quarter hour whose energy the slot is given."""
    slot: int = field(query, "slot_start", parse_epoch)
    if slot % query["slot_s"]:
        raise invalid({"slot_start": f"must begin a slot: a multiple of {query['slot_s']} s"})
    return quarter_of(slot)


def mastr_nr(text: str) -> str:
    """A MaStR number with its check digit. ValueError."""
    return str(MastrNumber(text))


def unit_of(query: Values) -> str:
    """The unit whose maximum is asked for."""
    return field(query, "mastr_nr", mastr_nr)


def point_units_of(query: Values) -> tuple[str, ...]:
    """The other units of its metering point."""
    units = given(query, "point_units", lambda text: tuple(mastr_nr(part) for part in text.split(",")))
    return units or ()


def forecasts_cursor(query: Values) -> Order | None:
    """After which forecast the page begins."""
    return given(query, "cursor", lambda text: _order(decoded(text)))


def slots_cursor(query: Values) -> int | None:
    """With which slot the page begins."""
    return given(query, "cursor", lambda text: _only_slot(decoded(text)))


def job_id_of(headers: Headers) -> str:
    """The job that a request to import is: the same Idempotency-Key, the same job."""
    key = headers.get("Idempotency-Key")
    if key is None:
        return f"update-{secrets.token_hex(16)}"
    if not re.fullmatch(rf"[\x21-\x7e]{{1,{MAX_KEY}}}", key):
        raise invalid({"Idempotency-Key": f"must have 1 to {MAX_KEY} visible ASCII characters"})
    return f"update-{hashlib.sha256(key.encode()).hexdigest()[:32]}"


def _up(text: str) -> int:
    """The first slot that begins at or after a moment."""
    moment = parse_moment(text).timestamp()
    return int(-(-moment // QUARTER_S)) * QUARTER_S


def _order(told: Any) -> Order:
    kinds = (int, str, str, str, bool)
    if not isinstance(told, list) or [type(part) for part in told] != list(kinds) or not 0 <= told[0] < MAX_EPOCH:
        raise ValueError("is not one that this list gave")
    return told[0], told[1], told[2], told[3], told[4]


def _only_slot(told: Any) -> int:
    if type(told) is not int or not 0 <= told < MAX_EPOCH:
        raise ValueError("is not one that this list gave")
    return told
