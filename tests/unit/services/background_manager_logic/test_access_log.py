"""Which requests are recorded as who saw and did what."""

from __future__ import annotations

import re

import pytest

from services.background_manager_logic.access_log import IMPERSONAL, deed
from services.background_manager_logic.app import describe
from services.shared.web.tokens import Caller

PREFIX = "/background-manager-logic/api/v1"


def who(*groups: str, service: str | None = None) -> Caller:
    return Caller("s-1", "name", frozenset(groups), "access", "", service=service)


@pytest.mark.parametrize("group", ["Admin", "EVU", "User"])
def test_every_change_is_recorded_whoever_makes_it(group: str) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        for status in (200, 403, 409):
            assert deed(method, "/market/bid", who(group), {}, status) == "changed"
    assert deed("POST", "/participant", who(service="forecast-connector"), {}, 403) == "changed"


def test_reads_of_others_are_recorded_and_reads_of_ones_own_are_not() -> None:
    for group in ("Admin", "EVU"):
        assert deed("GET", "/participants", who(group), {}, 200) == "read"
        assert deed("GET", "/market/account", who(group), {}, 200) is None
    assert deed("GET", "/market/balances", who("User"), {}, 200) is None
    assert deed("GET", "/participant/<sub>", who("User"), {"sub": "s-2"}, 403) == "read"
    assert deed("GET", "/participant/<sub>", who("Admin"), {"sub": "s-1"}, 200) is None
    assert deed("GET", "/participants", who(service="blockchain-connector"), {}, 200) is None


def test_routes_that_show_nobody_are_routes_of_the_service() -> None:
    rules = {re.sub(r"<\w+:(\w+)>", r"<\1>", rule.rule) for rule in describe().app.url_map.iter_rules()}
    assert {PREFIX + route for route in IMPERSONAL} <= rules
