"""Bad input to every route: the right status, and a problem document that names what is wrong."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from tests.apis.bad_input import BadCall, bad_calls, wrong_methods
from tests.apis.document import Operation, all_operations, services_tested
from tests.apis.target import Target, passing

OPERATIONS = list(all_operations())


def send(target: Target, bad: BadCall, method: str) -> requests.Response:
    headers = {name: text.encode() for name, text in bad.headers.items()}
    who = passing(bad.operation)[0]
    return target.call(who, method, bad.path, params=bad.query, data=bad.raw, headers=headers)


def fault_of(answer: requests.Response, bad: BadCall) -> str | None:
    """What is wrong with the answer to a bad call, or None."""
    if answer.status_code not in bad.statuses:
        return f"{answer.status_code} instead of {bad.statuses}: {answer.text[:200]}"
    if answer.headers.get("Content-Type") != "application/problem+json":
        return f"the answer is no problem but {answer.headers.get('Content-Type')}"
    told = answer.json()
    if told["status"] != answer.status_code or not told["detail"]:
        return f"the problem is not whole: {told}"
    if answer.status_code == 400 and bad.field is not None and bad.field not in told.get("errors", {}):
        return f"{bad.field!r} is not named: {told}"
    if answer.status_code == 405 and not answer.headers.get("Allow"):
        return "there is no header Allow"
    return None


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_what_is_wrong_is_named(target: Callable[[str], Target], operation: Operation) -> None:
    running = target(operation.service)
    faults, count = [], 0
    for count, bad in enumerate(bad_calls(operation, running.known), 1):  # noqa: B007 - the count is told
        with send(running, bad, operation.method) as answer:
            fault = fault_of(answer, bad)
        if fault is not None:
            faults.append(f"{bad.what}: {fault}")
    print(f"{operation}: {count} bad calls")  # noqa: T201
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("service", services_tested())
def test_another_method_is_refused_with_those_that_are_possible(target: Callable[[str], Target], service: str) -> None:
    running = target(service)
    faults = []
    for bad in wrong_methods(service):
        with send(running, bad, bad.what.split()[0]) as answer:
            fault = fault_of(answer, bad)
        if fault is not None:
            faults.append(f"{bad}: {fault}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("service", services_tested())
@pytest.mark.parametrize("path", ["/nothing", "/", "//health", "/health/x", "/../health", "/%2e%2e/x", "/%00"])
def test_a_path_that_is_none_is_a_404(target: Callable[[str], Target], service: str, path: str) -> None:
    running = target(service)
    base = f"/{service.replace('_', '-')}/api/v1"
    with running.call("Admin", "get", base + path) as answer:
        assert answer.status_code == 404, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"
