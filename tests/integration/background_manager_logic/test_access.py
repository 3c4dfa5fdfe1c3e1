"""Route x group, made from the service's own document; and bad input on every route."""

from __future__ import annotations

import re
from typing import Any

import pytest

from services.background_manager_logic.app import describe
from services.shared.web.openapi import document_of
from tests.integration.background_manager_logic.manager import Manager, problem

WHO = {"Admin": "admin", "User": "seller", "EVU": "evu", "service": "mastr-connector"}
EXAMPLES = {
    "ip": "127.0.0.99",
    "serial_number": "1TBI1",
    "mastr_nr": "SEE900000000119",
    "sub": "nobody",
    "offer_id": "1",
}
_METHODS = ("get", "post", "patch", "delete", "put")


def _operations() -> list[tuple[str, str, frozenset[str], bool]]:
    """Method, path, groups, whether it takes a body; of every route but health."""
    found = []
    for path, item in document_of(describe())["paths"].items():
        for method in _METHODS:
            if method in item and not path.endswith("/health"):
                operation: dict[str, Any] = item[method]
                takes_body = any(one["in"] == "body" for one in operation.get("parameters", []))
                where = re.sub(r"\{(\w+)\}", lambda named: EXAMPLES.get(named[1], "1"), path.removeprefix("/api/v1"))
                found.append((method.upper(), where, frozenset(operation["x-groups"]), takes_body))
    return found


OPERATIONS = _operations()


def test_access_every_route_says_who_may() -> None:
    assert len(OPERATIONS) >= 23
    assert all(allowed for _, _, allowed, _ in OPERATIONS)


@pytest.mark.parametrize(("method", "path", "allowed", "_body"), OPERATIONS)
def test_access_a_route_lets_pass_whom_it_names_and_nobody_else(
    manager: Manager, method: str, path: str, allowed: frozenset[str], _body: bool
) -> None:
    for group, role in WHO.items():
        answer = manager.ask(role, method, path, {} if method in ("POST", "PATCH") else None)
        if group in allowed or "anyone" in allowed:
            assert answer.status_code in (200, 400, 403, 404, 503), answer.text  # no chain is there
            assert "it is allowed to" not in answer.text
        else:
            problem(answer, 403, "it is allowed to")
    nobody = manager.ask(None, method, path, {} if method in ("POST", "PATCH") else None)
    assert nobody.status_code == (400 if "anyone" in allowed else 401)


BODIES = [None, [], "text", 7, {"unknown": 1}, {"": ""}]
RAW = [b"", b"{", b"\xff", b'{"a":1,"a":2}', b"[" * 5000, b"NaN"]


@pytest.mark.parametrize(("method", "path", "allowed"), [one[:3] for one in OPERATIONS if one[3]])
def test_access_bad_bodies_are_400_with_a_problem(
    manager: Manager, method: str, path: str, allowed: frozenset[str]
) -> None:
    # what services alone may call is the sign-in's
    callers = {**WHO, "service": "sign-in"}
    role = next((callers[group] for group in ("Admin", "EVU", "User", "service") if group in allowed), "admin")
    manager.made("/participant", username="seller")
    for body in BODIES:
        if body is None:
            problem(_raw(manager, role, method, path, b"null"), 400)
        else:
            problem(manager.ask(role, method, path, body), 400)
    for raw in RAW:
        problem(_raw(manager, role, method, path, raw), 400)


def _raw(manager: Manager, role: str, method: str, path: str, body: bytes) -> Any:
    headers = {"Authorization": f"Bearer {manager.token(role)}", "Content-Type": "application/json"}
    return manager.http.request(method, manager.url + path, data=body, headers=headers, timeout=30)


@pytest.mark.parametrize(
    "path",
    [
        "/cls-box/x%00y",
        "/cls-box/..%2f..",
        "/grid-meter/%ff",
        "/unit/SEE1",
        "/participant/%7B%22$ne%22:1%7D",
        "/unit/%0a",
    ],
)
def test_access_strange_paths_are_400_or_404(manager: Manager, path: str) -> None:
    answer = manager.admin("GET", path)
    assert answer.status_code in (400, 404)
    problem(answer, answer.status_code)
