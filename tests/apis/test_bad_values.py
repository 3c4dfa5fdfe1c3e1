"""Input that fits the document and is wrong all the same: what a schema cannot say, by hand, route by route."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.apis.document import services_tested
from tests.apis.target import BOX, BOX_ONLY, Target

_OFFER = {"unit_mastr_nr": "SEE900000000119", "slot_start": "2026-11-22T10:15:00Z", "energy_wh": 1}
_BOX_OFFER = {**_OFFER, "start_price_ct_per_kwh": "20"}
_EVENT = {"account": "tbiadmin", "event_type": "senddata", "unit_or_meter": "1", "slot_start": "2026-11-22T10:15:00Z"}
_RANGE = {"from": "2026-11-22T10:00:00Z", "to": "2026-11-22T11:00:00Z"}
_MISTYPED = "SEE900000000118"


@dataclass(frozen=True)
class Wrong:
    """A call, and what it gets: the status, and for a 400 the field that is named."""

    service: str
    who: str
    method: str
    path: str
    named: str = ""
    status: int = 400
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None

    def __str__(self) -> str:
        told = self.body if self.body is not None else self.query
        return f"{self.service} {self.method.upper()} {self.path} {self.named or self.status} {str(told)[-40:]}"


def mastr(method: str, path: str, named: str = "", **more: Any) -> Wrong:
    return Wrong("mastr_connector", "Admin", method, path, named, **more)


def forecast(path: str, named: str = "", **query: Any) -> Wrong:
    return Wrong("forecast_connector", "Admin", "get", path, named, query=query)


def manager(who: str, method: str, path: str, named: str = "", **more: Any) -> Wrong:
    return Wrong("background_manager_logic", who, method, path, named, **more)


def chain(who: str, method: str, path: str, named: str = "", **more: Any) -> Wrong:
    return Wrong("blockchain_connector", who, method, path, named, **more)


def box(method: str, path: str, named: str = "", **more: Any) -> Wrong:
    return Wrong("cls_box_logic", BOX, method, path, named, **more)


def tpm(path: str, named: str = "", **more: Any) -> Wrong:
    return Wrong("tpm_api", BOX, "post", path, named, **more)


WRONG = [
    mastr("post", "/init", "source", body={"source": "../outside.zip"}),
    mastr("post", "/init", "source", body={"source": "http://127.0.0.1/x.zip"}),
    mastr("post", "/init", "filter", body={"source": "x.zip", "filter": {"postcodes": []}}),
    mastr("post", "/unit", "operator_mastr_nr", body={"unit_type": "H0", "name": "a", "operator_mastr_nr": _MISTYPED}),
    mastr("get", "/marktakteur/ABR900000000119/units", "cursor", query={"cursor": "abc"}),
    mastr("get", "/unit/SEE999999999990", status=404),
    mastr("delete", "/unit/H0-99999999999", status=404),
    mastr("get", "/job/nothing", status=404),
    forecast("/timeslots", "timestamp", timestamp="2026-02-30T10:00:00Z"),
    forecast("/forecasts", "to", **{"from": "2026-11-22T10:00:00Z", "to": "2026-11-22T09:00:00Z"}),
    forecast("/forecasts", "cursor", cursor="abc", **_RANGE),
    forecast("/forecasts", "mastr_nr", mastr_nr=_MISTYPED, **_RANGE),
    forecast("/max-offer", "slot_start", mastr_nr="SEE900000000119", slot_start="2026-13-01T00:00:00Z"),
    forecast("/max-offer", "mastr_nr", mastr_nr=_MISTYPED, slot_start="2026-11-22T10:15:00Z"),
    manager("Admin", "post", "/cls-box", "ip", body={"ip": "127.0.0.256", "name": "a", "location": "b"}),
    manager("Admin", "post", "/cls-box", "ip", body={"ip": "8.8.8.8", "name": "a", "location": "b"}),
    manager("Admin", "get", "/cls-box/127.0.0.256", "ip"),
    manager("Admin", "get", "/cls-box/127.0.0.77", status=404),
    manager("Admin", "get", "/cls-boxes", "cursor", query={"cursor": "?"}),
    manager("Admin", "get", f"/unit/{_MISTYPED}", status=404),
    manager("Admin", "get", "/grid-meter/nobody", status=404),
    manager("Admin", "get", "/participant/nobody", status=404),
    manager("Admin", "patch", "/participant/nobody", "", body={}),
    manager("Admin", "post", "/market/unit", "unit_mastr_nr", body={"unit_mastr_nr": _MISTYPED}),
    manager("Admin", "get", "/market/units", status=404, query={"market": "nosuchmarket"}),
    manager("User", "post", "/market/offer", "slot_start", body={**_BOX_OFFER, "slot_start": "next noon"}),
    manager("User", "post", "/market/offer", "unit_mastr_nr", body={**_BOX_OFFER, "unit_mastr_nr": _MISTYPED}),
    manager("User", "post", "/market/bid", status=404, body={"offer_id": 999_999, "price_ct_per_kwh": "20"}),
    manager("User", "post", "/market/deposit", "amount_eur", body={"amount_eur": "0"}),
    manager("User", "post", "/market/withdraw", "amount_eur", body={"amount_eur": "0.000000"}),
    manager("User", "get", "/market/offer/999999", status=404),
    manager("User", "get", "/market/offers", "slot_start", query={"slot_start": "2026-02-30T10:00:00Z"}),
    manager("EVU", "get", "/market/day", "date", query={"unit_mastr_nr": "SEE900000000119", "date": "2026-02-30"}),
    manager("EVU", "get", "/balancing-group", "from", query={"from": "2026-02-30T10:00:00Z"}),
    manager("EVU", "get", "/balancing-group", status=404, query={"market": "nosuchmarket"}),
    chain("Admin", "post", "/performer/trigger-event", "slot_start", body={**_EVENT, "slot_start": "soon"}),
    chain("Admin", "post", "/performer/trigger-event", status=403, body={**_EVENT, "account": "tbievu"}),
    chain("User", "get", "/reader/table/nosuchcontr/rows", status=404),
    chain("User", "get", "/reader/table/tbimarket/nosuchtable", status=404),
    chain("User", "get", f"/reader/transaction/{'0' * 64}", status=404),
    chain("User", "get", "/reader/block/4294967295", status=404),
    box("get", "/account-key", "nonce", query={"nonce": "abc"}),
    box("get", "/unit/SEE900000000119/energy", "from", query={**_RANGE, "from": "2026-02-30T10:00"}),
    box("get", "/meter/nobody/energy", status=404, query=_RANGE),
    box("get", "/unit/SEE999999999990", status=404),
    box("post", "/market/offer", "slot_start", body={**_BOX_OFFER, "slot_start": "next noon"}),
    box("post", "/market/offer", "start_price_ct_per_kwh", body={**_BOX_OFFER, "start_price_ct_per_kwh": "1.23456"}),
    box("post", "/market/deposit", "amount_eur", body={"amount_eur": "0"}),
    tpm("/sign-transaction", "packed_trx", body={"label": "account", "chain_id": "0" * 64, "packed_trx": "00"}),
    tpm("/quote", status=404, body={"nonce": "00" * 8, "label": "nothing"}),
]


@pytest.mark.parametrize("wrong", [one for one in WRONG if one.service in services_tested()], ids=str)
def test_what_no_schema_says_is_refused_all_the_same(target: Callable[[str], Target], wrong: Wrong) -> None:
    path = f"/{wrong.service.replace('_', '-')}/api/v1{wrong.path}"
    headers = {"Idempotency-Key": f"wrong-{id(wrong)}"} if wrong.method == "post" else {}
    running = target(wrong.service)
    with running.call(wrong.who, wrong.method, path, params=wrong.query, json=wrong.body, headers=headers) as answer:
        assert answer.status_code == wrong.status, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"
        told = answer.json()
    assert told["status"] == wrong.status
    assert told["detail"]
    assert wrong.status != 400 or wrong.named in told["errors"]


def test_there_is_one_for_every_service() -> None:
    assert {one.service for one in WRONG} >= set(services_tested())
    assert {one.service for one in WRONG if one.who == BOX} >= BOX_ONLY
