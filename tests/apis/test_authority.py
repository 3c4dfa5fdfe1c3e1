"""R7: the matrix of routes and callers, made from the services' documents; every cell is called."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable

import pytest

from services.shared.web.openapi import documented_services
from services.shared.web.tokens import ANYONE, SERVICE
from tests.apis.document import METHODS, Operation, all_operations, operations, services_tested
from tests.apis.stages import STAGES
from tests.apis.target import BOX, BOX_ONLY, FORGER, KINDS, NOBODY, USER_TOKEN, Target, allowed, forged

OPERATIONS = list(all_operations())
CELLS = [(operation, kind) for operation in OPERATIONS for kind in KINDS]
ORDERS = [operation for operation in OPERATIONS if USER_TOKEN in operation.parameters_in("header")]
CONNECTOR = [operation for operation in OPERATIONS if operation.service == "blockchain_connector"]
CLOUD_ONLY = {
    *("/auth/login", "/performer/account", "/performer/trigger-event"),
    *("/performer/proposal", "/performer/proposal/{name}", "/reader/proposals"),
    *("/reader/history", "/reader/history/account/{account}", "/reader/history/offer/{market}/{offer}"),
}
USERS_AT_A_BOX = {"nobody": 401, "forged": 401, "service": 401, "admin": 403, "evu": 403, "bidder1": 403}


@pytest.mark.parametrize(("operation", "kind"), CELLS, ids=str)
def test_a_route_lets_pass_whom_its_document_names(
    target: Callable[[str], Target], operation: Operation, kind: str
) -> None:
    """Refused are the others, with 401 who shows no token of ours and with 403 who shows one."""
    running = target(operation.service)
    with running.call(kind, operation.method, operation.url(), params=operation.query()) as answer:
        if kind in allowed(operation):
            assert answer.status_code != 401, answer.text
            assert not is_refused_by_the_guard(answer.status_code, "" if operation.is_stream else answer.text)
            return
        shows_no_token_of_ours = kind in (NOBODY, FORGER, BOX) or operation.service in BOX_ONLY
        expected = 401 if shows_no_token_of_ours else 403
        assert answer.status_code == expected, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"
        if expected == 401:
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def is_refused_by_the_guard(status: int, text: str) -> bool:
    """A route may refuse what is not the caller's; the guard's own words are others."""
    return status == 403 and "is allowed to" in text


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_route_says_who_may_call_it(operation: Operation) -> None:
    assert allowed(operation)


@pytest.mark.parametrize(("user", "status"), USERS_AT_A_BOX.items())
@pytest.mark.parametrize("operation", ORDERS, ids=str)
def test_an_order_is_taken_from_the_boxs_owner_only(
    target: Callable[[str], Target], operation: Operation, user: str, status: int
) -> None:
    """Whoever hands it over: the cloud side alone orders nothing."""
    running = target(operation.service)
    own = {"nobody": "", "forged": forged(running.callers.token(running.owner))}
    shown = {USER_TOKEN: own[user] if user in own else running.callers.token(user)}
    for kind in (BOX, SERVICE):
        with running.call(kind, operation.method, operation.url(), headers=shown, json={}) as answer:
            assert answer.status_code == status, answer.text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", CONNECTOR, ids=str)
def test_at_a_box_the_connector_knows_the_boxs_secret_only(
    target: Callable[[str], Target], operation: Operation, kind: str
) -> None:
    """Whatever its document lets pass on the cloud side; what only the cloud side has is not there."""
    with target("box_connector").call(kind, operation.method, operation.url(), params=operation.query()) as answer:
        if operation.path.partition("/api/v1")[2] in CLOUD_ONLY:
            assert answer.status_code == 404
        elif ANYONE in operation.groups or kind == BOX:
            assert answer.status_code not in (401, 403)
        else:
            assert answer.status_code == 401, answer.text


def test_there_are_orders() -> None:
    assert len(ORDERS) >= 5 or "cls_box_logic" not in services_tested()


@pytest.mark.parametrize("service", services_tested())
def test_every_route_of_the_application_is_in_its_document(service: str) -> None:
    """What the document does not show would have no row here."""
    app = importlib.import_module(f"services.{service}.app").describe().app
    routed = {
        (method.lower(), re.sub(r"<(?:\w+(?:\([^)]*\))?:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if "/api/v1/" in rule.rule
        for method in rule.methods
        if method.lower() in METHODS
    }
    assert routed == {(operation.method, operation.path) for operation in operations(service)}


def test_every_service_has_a_stage(record_property: Callable[[str, object], None]) -> None:
    assert sorted(STAGES) == documented_services()
    cells = {
        f"{len(OPERATIONS)} operations x {len(KINDS)} callers": len(CELLS),
        "orders at a box x users": len(ORDERS) * len(USERS_AT_A_BOX) * 2,
        "the connector at a box": len(CONNECTOR) * len(KINDS),
    }
    record_property("cells", sum(cells.values()))
    print(f"cells of the matrix: {sum(cells.values())} ({cells})")  # noqa: T201
